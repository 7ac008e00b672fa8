/**
 * `console`, patched to write what CloudWatch Logs shows: tab-separated text, or JSON records.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */

import { writeSync } from "node:fs";
import { format } from "node:util";

import { errorAsText, intoError } from "./errors.mjs";

/** Level to its place, lowest first; the place also goes into the type of a frame. */
const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const METHODS = {
  trace: "TRACE",
  debug: "DEBUG",
  log: "INFO",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
  fatal: "FATAL",
};
const FRAME_TEXT = 0xa55a0003;
const FRAME_JSON = 0xa55a0002;
const FRAME_HEADER_BYTES = 16;
const A_MOMENT_MS = 1;

let requestId;
let tenantId;
let json = false;

/** Name the call that log records belong to. */
export function setCurrentCall(request, tenant) {
  requestId = request;
  tenantId = tenant;
}

/**
 * Replace the methods of `console`.
 * @param {NodeJS.ProcessEnv} env AWS_LAMBDA_LOG_FORMAT and _LEVEL, _LAMBDA_TELEMETRY_LOG_FD
 * @param {string|undefined} noCall what stands for the request id outside a call
 */
export function patchConsole(env, noCall) {
  requestId = noCall;
  json = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  const lowest = LEVELS[env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE;
  const fd = Number.parseInt(env._LAMBDA_TELEMETRY_LOG_FD ?? "", 10);
  delete env._LAMBDA_TELEMETRY_LOG_FD;
  const write = Number.isNaN(fd) ? writeLine : (...record) => writeFrame(fd, ...record);
  for (const [method, level] of Object.entries(METHODS)) {
    const silent = LEVELS[level] < lowest;
    // As in AWS's client there is always a first argument: `console.log()` writes "undefined".
    console[method] = (first, ...more) => {
      if (!silent) {
        log(write, level, [first, ...more]);
      }
    };
  }
}

/** Log a failure: `Invoke Error \t{...}` in text, the error itself as a JSON record. */
export function logError(title, thrown) {
  const error = intoError(thrown);
  if (json) {
    console.error(error);
  } else {
    console.error(title, `\t${errorAsText(error)}`);
  }
}

function log(write, level, args) {
  const now = new Date();
  const time = now.toISOString();
  const message = json
    ? jsonRecord(time, level, args)
    : `${time}\t${requestId}\t${level}\t${format(...args)}`;
  write(level, now, message);
}

function errorFields(error) {
  return {
    errorType: error?.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : error.stack,
  };
}

function jsonRecord(timestamp, level, args) {
  const record = { timestamp, level, requestId, ...(tenantId && { tenantId }) };
  if (args.length > 1) {
    const error = args.slice(1).find((arg) => arg instanceof Error);
    const message = format(...args);
    return JSON.stringify({ ...record, message, ...(error && errorFields(error)) });
  }
  const plain = (_key, value) =>
    value instanceof Error ? { ...errorFields(value), ...value } : value;
  try {
    return JSON.stringify({ ...record, message: args[0] }, plain);
  } catch {
    return JSON.stringify({ ...record, message: format(...args) }); // a circle, or a BigInt
  }
}

/** Without a log pipe a record is one line of stdout, so its own line ends become returns. */
function writeLine(_level, _now, message) {
  process.stdout.write(`${message.replaceAll("\n", "\r")}\n`);
}

/** A frame is a type, a length, a time in microseconds (big-endian), then the message. */
function writeFrame(fd, level, now, message) {
  const body = Buffer.from(json ? message : `${message}\n`, "utf8");
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(((json ? FRAME_JSON : FRAME_TEXT) | (LEVELS[level] << 2)) >>> 0, 0);
  header.writeUInt32BE(body.length, 4);
  header.writeBigUInt64BE(BigInt(now.valueOf()) * 1000n, 8);
  writeAll(fd, Buffer.concat([header, body]));
}

function writeAll(fd, bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      // Touching process.stdout makes its pipe non-blocking, and the log shares that pipe.
      if (error.code !== "EAGAIN") {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, A_MOMENT_MS);
    }
  }
}
