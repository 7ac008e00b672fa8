/**
 * What a handler gets as its second argument.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */

/** The part of the context that comes from the environment and the headers of one call. */
export function contextOf(headers) {
  const deadline = Number.parseInt(headers["lambda-runtime-deadline-ms"], 10);
  const { env } = process;
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(headers, "lambda-runtime-client-context"),
    identity: parsed(headers, "lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: requestIdOf(headers),
    tenantId: tenantIdOf(headers),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

export const requestIdOf = (headers) => headers["lambda-runtime-aws-request-id"];
export const tenantIdOf = (headers) => headers["lambda-runtime-aws-tenant-id"];

/** Put the call's trace into the environment, where the X-Ray SDK looks for it. */
export function setTrace(headers) {
  const trace = headers["lambda-runtime-trace-id"];
  if (trace) {
    process.env._X_AMZN_TRACE_ID = trace;
  } else {
    delete process.env._X_AMZN_TRACE_ID;
  }
}

function parsed(headers, name) {
  if (!headers[name]) {
    return undefined;
  }
  // Node reads headers as Latin-1; these hold JSON in UTF-8.
  const text = Buffer.from(headers[name], "latin1").toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}
