/**
 * Find the function that `_HANDLER` names: `file.export`, `folder/file.export`, `file.a.b`.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import {
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  NodejsExit,
  UserCodeSyntaxError,
} from "./errors.mjs";

const require = createRequire(import.meta.url);

/** Give functions the global `awslambda`, whose one use here is to say what it cannot do. */
export function refuseStreaming() {
  const refuse = () => {
    throw new Error(
      "Response streaming (awslambda.streamifyResponse) is not modelled by lambda_lab. " +
        "Return the whole answer from an ordinary async handler.",
    );
  };
  globalThis.awslambda = { streamifyResponse: refuse, HttpResponseStream: { from: refuse } };
}

/**
 * Load the handler.
 * @param {{root: string, handler: string}} settings
 * @param {boolean} modern whether to load as nodejs24.x does
 */
export async function loadHandler({ root, handler }, modern) {
  if (handler.includes("..")) {
    throw new MalformedHandlerName(
      `'${handler}' is not a valid handler name. ` +
        "Use absolute paths when specifying root directories in handler names.",
    );
  }
  const parts = /^([^.]*)\.(.*)$/.exec(basename(handler));
  if (parts === null) {
    throw new MalformedHandlerName("Bad handler");
  }
  const [, file, path] = parts;
  const loaded = await loadModule(root, dirname(handler), file, modern);
  let found = dig(loaded, path, modern);
  if (!found && modern) {
    found = dig(loaded?.default, path, modern);
  }
  if (!found) {
    throw new HandlerNotFound(`${handler} is undefined or not exported`);
  }
  if (typeof found !== "function") {
    throw new HandlerNotFound(`${handler} is not a function`);
  }
  return found;
}

/**
 * Call `report` with an error if the event loop runs empty before `work` is settled: what a
 * top-level await on a promise that nothing will ever settle comes to. The error type is AWS's
 * (facts: Runtime.NodejsExit); that it is posted as an init error, and these words, are
 * of medium confidence: no release of aws-lambda-ric shows it.
 */
export async function orSayUnsettled(work, report) {
  const empty = () =>
    report(
      new NodejsExit(
        "Node.js ran out of work before the function was loaded. " +
          "Most often a top-level await waits for a promise that is never settled.",
      ),
    );
  process.once("beforeExit", empty);
  try {
    return await work;
  } finally {
    process.off("beforeExit", empty);
  }
}

function dig(module, path, modern) {
  let value = module;
  for (const name of path.split(".")) {
    // The older client also looks into functions, so `index.handler.inner` works there.
    const open = modern ? value !== null && typeof value === "object" : value;
    value = open ? value[name] : undefined;
  }
  return value;
}

async function loadModule(root, folder, file, modern) {
  try {
    const base = resolve(root, folder, file);
    const found = await (modern ? importFile(base) : requireFile(base));
    if (found) {
      return found;
    }
    return require(require.resolve(file, { paths: [root, join(root, folder)] }));
  } catch (error) {
    if (error instanceof SyntaxError) {
      const syntax = new UserCodeSyntaxError(String(error));
      syntax.stack = error.stack; // it names the file and the line
      throw syntax;
    }
    warnOfMissingSdk(error);
    // Only CommonJS has this code: AWS reports a missing import of an ES module as plain Error.
    if (error?.code === "MODULE_NOT_FOUND") {
      throw new ImportModuleError(String(error));
    }
    throw error;
  }
}

/**
 * AWS's Node.js runtimes bring the AWS SDK, and this machine's Node.js has none.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html (runtime-included SDK versions)
 */
function warnOfMissingSdk(error) {
  const missing = /^Cannot find (?:module|package) '(@aws-sdk\/[^']+)'/.exec(error?.message);
  if (missing) {
    console.warn(
      `LAMBDA_LAB_WARNING: ${missing[1]} is not in the package. On AWS the runtime brings ` +
        "version 3 of the AWS SDK for JavaScript; here it must be in node_modules of the package " +
        `or of a layer: npm install ${missing[1]}`,
    );
  }
}

const load = {
  cjs: (path) => (existsSync(path) ? require(path) : undefined),
  esm: (path) => (existsSync(path) ? import(pathToFileURL(path).href) : undefined),
};

async function importFile(base) {
  for (const extension of ["", ".js", ".mjs", ".cjs"]) {
    const found = await load.esm(base + extension);
    if (found) {
      return found;
    }
  }
  return undefined;
}

async function requireFile(base) {
  const bare = load.cjs(base);
  if (bare) {
    return bare;
  }
  const js = `${base}.js`;
  const first = existsSync(js) && isEsFolder(dirname(js)) ? await load.esm(js) : load.cjs(js);
  return first || (await load.esm(`${base}.mjs`)) || load.cjs(`${base}.cjs`);
}

/** Whether the nearest package.json says that its .js files are ES modules. */
function isEsFolder(folder) {
  if (basename(folder) === "node_modules") {
    return false;
  }
  const description = join(folder, "package.json");
  if (existsSync(description)) {
    try {
      return JSON.parse(readFileSync(description, "utf8"))?.type === "module";
    } catch (error) {
      console.warn(`${description} cannot be read; its "type" is not taken into account.`, error);
      return false;
    }
  }
  return dirname(folder) !== folder && isEsFolder(dirname(folder));
}
