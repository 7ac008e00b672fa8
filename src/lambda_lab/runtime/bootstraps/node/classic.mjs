/**
 * Serve as nodejs22.x and older do: async handlers, and callbacks that wait for an empty loop.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 *
 * A handler that neither answers nor leaves work behind is answered with null: that is how those
 * runtimes treat a promise that is never settled, too.
 */

import { contextOf, requestIdOf, setTrace, tenantIdOf } from "./context.mjs";
import { UnhandledPromiseRejection, failureOf, serialise } from "./errors.mjs";
import { loadHandler, orSayUnsettled } from "./handler.mjs";
import { logError, setCurrentCall } from "./logging.mjs";
import { RuntimeApiGone } from "./runtime_api.mjs";

const REJECTION_EXIT_CODE = 128;
const EXCEPTION_EXIT_CODE = 129;
const absent = (value) => value === undefined || value === null;

/** What to do once nothing is left to do. */
let whenEmpty = () => {};

export async function serveClassic(api, settings) {
  process.on("beforeExit", () => {
    const todo = whenEmpty;
    whenEmpty = () => {};
    todo();
  });
  const last = new LastWords(api);
  try {
    const loading = loadHandler(settings, false);
    const handler = await orSayUnsettled(loading, (error) => last.say("Uncaught Exception", error));
    scheduleNext(api, handler, last);
  } catch (error) {
    last.say("Uncaught Exception", error);
  }
}

/** Posts an error that nobody caught, then ends the process. */
class LastWords {
  #api;
  #post;
  #said = false;

  constructor(api) {
    this.#api = api;
    this.#post = (failure) => api.postInitError(failure);
    process.on("uncaughtException", (error) => this.say("Uncaught Exception", error));
    process.on("unhandledRejection", (reason, promise) => {
      const error = new UnhandledPromiseRejection(reason, promise);
      this.say("Unhandled Promise Rejection", error, REJECTION_EXIT_CODE);
    });
  }

  /** From now on an error belongs to the call *id*, no longer to init. */
  belongTo(id) {
    this.#post = (failure) => this.#api.postError(id, failure);
  }

  say(title, error, code = EXCEPTION_EXIT_CODE) {
    if (error instanceof RuntimeApiGone) {
      process.exit(1); // the environment is being torn down, and nobody reads what is said here
    }
    if (this.#said) {
      return; // the first error is on its way; the process ends when it has arrived
    }
    this.#said = true;
    this.#api.leave();
    logError(title, error);
    this.#post(failureOf(error)).finally(() => process.exit(code));
  }
}

function scheduleNext(api, handler, last) {
  setImmediate(async () => {
    try {
      await handleOnce(api, handler, last);
    } catch (error) {
      last.say("Uncaught Exception", error);
    }
  });
}

async function handleOnce(api, handler, last) {
  const { headers, body } = await api.next();
  const id = requestIdOf(headers);
  setCurrentCall(id, tenantIdOf(headers));
  last.belongTo(id);
  const call = new Call(api, id, () => scheduleNext(api, handler, last));
  whenEmpty = () => call.answerNothing();
  try {
    setTrace(headers);
    const context = Object.assign(call.context(), contextOf(headers));
    const result = handler(JSON.parse(body), context, call.callback);
    if (typeof result?.then === "function") {
      result.then(context.succeed, context.fail).catch(context.fail);
    }
  } catch (error) {
    call.callback(error);
  }
}

/** One invocation, and the ways in which a handler may answer it. The first answer counts. */
class Call {
  #api;
  #id;
  #next;
  #answered = false;
  #waits = true;

  constructor(api, id, next) {
    this.#api = api;
    this.#id = id;
    this.#next = next;
    this.callback = this.#once((error, result) => {
      if (!absent(error)) {
        this.#fail(error);
      } else if (this.#waits) {
        whenEmpty = () => setImmediate(() => this.#complete(result));
      } else {
        this.#complete(result);
      }
    });
  }

  /** The part of the context that answers, and says whether a callback waits. */
  context() {
    const done = (error, result) => (absent(error) ? this.#complete(result) : this.#fail(error));
    const call = this;
    return {
      get callbackWaitsForEmptyEventLoop() {
        return call.#waits;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        call.#waits = value;
      },
      succeed: this.#once((result) => done(null, result)),
      fail: this.#once((error) => done(absent(error) ? "handled" : error)),
      done: this.#once(done),
    };
  }

  /** Post null for a handler that ended without an answer. */
  answerNothing() {
    this.#answered = true;
    this.#complete(null);
  }

  /** Post a result; throws, with nothing sent, if it has no JSON. */
  #complete(result) {
    this.#send(this.#api.postResponse(this.#id, serialise(result, Error)));
  }

  #fail(error) {
    logError("Invoke Error", error);
    this.#send(this.#api.postError(this.#id, failureOf(error)));
  }

  /** A refused answer changes nothing, as with AWS's client; a lost platform ends the process. */
  #send(posted) {
    posted.then(this.#next, () => process.exit(1));
  }

  #once(answer) {
    return (...args) => {
      if (!this.#answered) {
        whenEmpty = () => {};
        answer(...args);
        this.#answered = true; // not if it threw: the error is the answer then
      }
    };
  }
}
