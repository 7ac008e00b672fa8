/**
 * Serve as nodejs24.x does: async handlers only, one loop, no listeners of the runtime's own.
 *
 * So an uncaught exception or rejection ends the process the way it ends any Node.js program
 * (exit code 1, the stack on stderr), and a handler that waits for a promise that nothing will
 * settle ends it with code 0 and no answer. Lambda then answers Runtime.ExitError. Read from the
 * source of aws-lambda-ric 4.0; that the managed runtime is the same program is of high, not of
 * full, confidence.
 */

import { contextOf, requestIdOf, setTrace, tenantIdOf } from "./context.mjs";
import { CallbackHandlerDeprecated, JSONStringifyError, failureOf, serialise } from "./errors.mjs";
import { loadHandler, orSayUnsettled } from "./handler.mjs";
import { logError, setCurrentCall } from "./logging.mjs";
import { RuntimeApiGone } from "./runtime_api.mjs";

/** What `handler.length` is for a handler that takes a callback. */
const WITH_CALLBACK = 3;
const UNSETTLED_EXIT_CODE = 13;

export async function serveModern(api, settings) {
  try {
    const handler = await startUp(api, settings);
    for (;;) {
      await handleOnce(api, handler);
    }
  } catch (error) {
    if (error instanceof RuntimeApiGone) {
      process.exit(1); // the environment is being torn down, and nobody reads what is said here
    }
    throw error;
  }
}

async function startUp(api, settings) {
  const report = async (error) => {
    logError("Init Error", error);
    await api.postInitError(failureOf(error));
  };
  const unsettled = (error) => report(error).finally(() => process.exit(UNSETTLED_EXIT_CODE));
  try {
    const handler = await orSayUnsettled(loadHandler(settings, true), unsettled);
    if (handler.length >= WITH_CALLBACK) {
      throw new CallbackHandlerDeprecated(
        "ERROR: AWS Lambda has removed support for callback-based function handlers starting " +
          "with Node.js 24. You need to modify this function to use a supported handler " +
          "signature to use Node.js 24 or later. For more information see " +
          "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
      );
    }
    return handler;
  } catch (error) {
    await report(error);
    throw error; // unhandled on purpose: Node prints it and ends with code 1
  }
}

async function handleOnce(api, handler) {
  const { headers, body } = await api.next();
  const id = requestIdOf(headers);
  setCurrentCall(id, tenantIdOf(headers));
  setTrace(headers);
  const context = { ...contextOf(headers), xRayTraceId: headers["lambda-runtime-trace-id"] };
  const event = JSON.parse(body);
  let post;
  try {
    const result = serialise(await handler(event, context), JSONStringifyError);
    post = () => api.postResponse(id, result);
  } catch (error) {
    logError("Invoke Error", error);
    post = () => api.postError(id, failureOf(error));
  }
  // As AWS's client does: what is already queued runs before the answer goes out.
  await new Promise((resolve) => setImmediate(resolve));
  await post();
}
