/**
 * A `/tmp` of the environment's own where no mount can give it one: paths are led elsewhere.
 *
 * Without a private root, `/tmp` is this machine's, with the reader's files in it. So the
 * functions of `node:fs`, and `process.chdir`, take `/tmp/x` for `x` in the folder that TMPDIR
 * names. Programs and worker threads that a function starts are not led: they find it by TMPDIR.
 */

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const TMP = "/tmp";
const ONE_PATH = [
  "access",
  "appendFile",
  "chmod",
  "chown",
  "createReadStream",
  "createWriteStream",
  "exists",
  "glob",
  "lchmod",
  "lchown",
  "lstat",
  "lutimes",
  "mkdir",
  "mkdtemp",
  "open",
  "openAsBlob",
  "opendir",
  "readFile",
  "readdir",
  "readlink",
  "realpath",
  "rm",
  "rmdir",
  "stat",
  "statfs",
  "truncate",
  "unlink",
  "unwatchFile",
  "utimes",
  "watch",
  "watchFile",
  "writeFile",
];
const TWO_PATHS = ["copyFile", "cp", "link", "rename", "symlink"];

/**
 * Lead `/tmp` to `folder` from now on.
 * @param {string} folder where it leads, `<the region's folder>/own/<environment>/tmp`
 */
export function leadTmp(folder) {
  const region = dirname(dirname(dirname(folder)));
  // Paths of the function's code and of this client mean what they say, wherever they lie.
  const kept = [region, dirname(fileURLToPath(import.meta.url))];
  const within = (path, outer) => path === outer || path.startsWith(`${outer}/`);
  const led = (path) => {
    const text = path instanceof URL && path.protocol === "file:" ? fileURLToPath(path) : path;
    if (typeof text !== "string" || !text.startsWith("/")) {
      return path;
    }
    const name = normalize(text);
    const stays = !within(name, TMP) || kept.some((outer) => within(name, outer));
    return stays ? path : folder + name.slice(TMP.length);
  };
  for (const holder of [fs, fs.promises]) {
    for (const name of ONE_PATH) {
      lead(holder, name, 1, led);
      lead(holder, `${name}Sync`, 1, led);
    }
    for (const name of TWO_PATHS) {
      lead(holder, name, 2, led);
      lead(holder, `${name}Sync`, 2, led);
    }
  }
  lead(process, "chdir", 1, led); // a name without a folder would be the machine's
  syncBuiltinESMExports();
}

function lead(holder, name, paths, led) {
  const call = holder[name];
  if (typeof call !== "function") {
    return; // this Node.js has none of that name
  }
  const leading = function (...args) {
    const here = args.slice(0, paths).map(led);
    return call.apply(this, [...here, ...args.slice(paths)]);
  };
  // Some have properties of their own, such as realpath.native and the one for util.promisify.
  Object.defineProperties(leading, Object.getOwnPropertyDescriptors(call));
  holder[name] = leading;
}
