/**
 * A small client of Lambda's Runtime API for Node.js functions: load the handler, then serve.
 *
 * Behaviour follows AWS's own client, aws-lambda-ric: release 3.3 for nodejs22.x and older
 * (classic.mjs), release 4.0 for nodejs24.x and newer (modern.mjs). Not modelled: response
 * streaming, Managed Instances (several calls at once) and the X-Ray error cause header.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { serveClassic } from "./classic.mjs";
import { refuseStreaming } from "./handler.mjs";
import { patchConsole } from "./logging.mjs";
import { serveModern } from "./modern.mjs";
import { leadTmp } from "./own_tmp.mjs";
import { RuntimeApi } from "./runtime_api.mjs";

/** Callback handlers, and much with them, went with this release of Node.js. */
const FIRST_MODERN = 24;
/** Where this client lies where the function has a root, and so a `/tmp`, of its own. */
const WITH_A_PRIVATE_ROOT = "/var/runtime";

function isModern() {
  const named = /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "");
  return named === null || Number(named[1]) >= FIRST_MODERN;
}

const address = process.env.AWS_LAMBDA_RUNTIME_API;
if (!address) {
  console.error(
    "AWS_LAMBDA_RUNTIME_API is not set. This program runs inside an execution environment; " +
      "create a function with a nodejs runtime and invoke it instead.",
  );
  process.exit(1);
}
if (process.env.LAMBDA_RUNTIME_DIR !== WITH_A_PRIVATE_ROOT && process.env.TMPDIR) {
  leadTmp(process.env.TMPDIR);
}
const modern = isModern();
patchConsole(process.env, modern ? "-" : undefined);
refuseStreaming();
const settings = {
  root: process.env.LAMBDA_TASK_ROOT || process.cwd(),
  handler: process.env._HANDLER ?? "",
};
const serve = modern ? serveModern : serveClassic;
// Not awaited, as in AWS's client: a pending top-level await would end the process with code 13
// and a warning of Node's own when the event loop runs empty.
serve(new RuntimeApi(address), settings);
