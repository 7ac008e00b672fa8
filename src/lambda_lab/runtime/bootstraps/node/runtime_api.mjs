/** The Runtime API's paths, over one kept connection. */

import http from "node:http";

// Kept by value: functions that patch `http.request` to trace or to mock must not see these calls.
const request = http.request;
const PATH = "/2018-06-01/runtime/";

/** The platform no longer answers: the execution environment is being torn down. */
export class RuntimeApiGone extends Error {}

export class RuntimeApi {
  #base;
  // No bound on sockets: an error must get out while `next` is still waiting for its answer.
  #agent = new http.Agent({ keepAlive: true });
  #leaving = false;

  /** @param {string} address `host:port`, from AWS_LAMBDA_RUNTIME_API */
  constructor(address) {
    this.#base = `http://${address}${PATH}`;
  }

  /** Wait for an invocation: its body as text and its headers in lower case. */
  async next() {
    if (this.#leaving) {
      return new Promise(() => {});
    }
    const answer = await this.#send("GET", "invocation/next");
    if (answer.status !== 200) {
      throw new RuntimeApiGone(`/invocation/next answered ${answer.status}: ${answer.body}`);
    }
    return answer;
  }

  /**
   * Post what the handler returned.
   * @param {string} id the request id
   * @param {string} json the result, from `serialise` in errors.mjs
   */
  postResponse(id, json) {
    return this.#send("POST", `invocation/${encodeURIComponent(id)}/response`, json);
  }

  /** Post a failed call. AWS's client names the error's type in the body only. */
  postError(id, failure) {
    const path = `invocation/${encodeURIComponent(id)}/error`;
    return this.#send("POST", path, JSON.stringify(failure));
  }

  /** Post that the function cannot be started. */
  postInitError(failure) {
    // A class may have any name; a header may not.
    const type = String(failure.errorType).replace(/[^\x20-\x7e]/g, "?");
    return this.#send("POST", "init/error", JSON.stringify(failure), {
      "Lambda-Runtime-Function-Error-Type": type,
    });
  }

  /** Ask for no further invocation: the process is about to end. */
  leave() {
    this.#leaving = true;
  }

  #send(method, path, body, headers = {}) {
    const options = { method, agent: this.#agent, headers };
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.headers["Content-Length"] = Buffer.byteLength(body);
    }
    return new Promise((resolve, reject) => {
      const gone = (error) =>
        reject(new RuntimeApiGone(`The Runtime API is gone: ${error.message}`));
      const sent = request(this.#base + path, options, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("error", gone);
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString("utf8");
          resolve({ status: answer.statusCode, headers: answer.headers, body: text });
        });
      });
      sent.on("error", gone);
      sent.end(body);
    });
  }
}
