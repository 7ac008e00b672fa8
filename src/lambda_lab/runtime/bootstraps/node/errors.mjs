/** The runtime's own errors, and errors as the Runtime API and the log want them. */

import { types } from "node:util";

function named(reason) {
  const kind = { [reason]: class extends Error {} }[reason];
  // On the prototype, so that it heads the stack but is no property of its own in the log.
  Object.defineProperty(kind.prototype, "name", { value: `Runtime.${reason}` });
  return kind;
}

export const CallbackHandlerDeprecated = named("CallbackHandlerDeprecated");
export const HandlerNotFound = named("HandlerNotFound");
export const ImportModuleError = named("ImportModuleError");
export const JSONStringifyError = named("JSONStringifyError");
export const MalformedHandlerName = named("MalformedHandlerName");
export const NodejsExit = named("NodejsExit");
export const UserCodeSyntaxError = named("UserCodeSyntaxError");

export class UnhandledPromiseRejection extends named("UnhandledPromiseRejection") {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}

const isError = (value) => types.isNativeError(value) || value instanceof Error;
// AWS's client writes the ASCII character DEL as %7F.
const clean = (text) => text?.replaceAll("\x7f", "%7F");

/**
 * The error document that a caller gets: {errorType, errorMessage, trace}.
 * Anything may be thrown; properties of an error may be missing or throw themselves.
 */
export function failureOf(error) {
  try {
    if (isError(error)) {
      return {
        errorType: clean(error.name),
        errorMessage: clean(error.message),
        trace: clean(error.stack)?.split("\n") ?? [],
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving " +
        "one or more of its message, name, and stack",
      trace: [],
    };
  }
}

/** Make an Error of anything, for the log. */
export function intoError(thrown) {
  return isError(thrown) ? thrown : new Error(failureOf(thrown).errorMessage);
}

/** An error as JSON for a text log line: type, message, its own properties, then the stack. */
export function errorAsText(error) {
  const enumerable = (_key, value) => {
    if (!isError(value)) {
      return value;
    }
    const { name, message, code, stack } = value;
    const plain = { errorType: name, errorMessage: message, code, ...value };
    return typeof stack === "string" ? { ...plain, stack: stack.split("\n") } : plain;
  };
  try {
    return JSON.stringify(error, enumerable);
  } catch {
    return JSON.stringify(failureOf(error)); // it refers to itself, or holds a BigInt
  }
}

/**
 * The result of a handler as JSON; `undefined` is null.
 * @param {Function} Refusal the error to throw for a BigInt or a circle
 */
export function serialise(result, Refusal) {
  let json;
  try {
    json = JSON.stringify(result === undefined ? null : result);
  } catch {
    throw new Refusal("Unable to stringify response body");
  }
  if (typeof json !== "string") {
    // A function or a symbol has no JSON; these are the words of AWS's native client.
    throw new TypeError("Wrong arguments");
  }
  return json;
}
