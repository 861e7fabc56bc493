// Gathers the licences of all packages that end up in the page, its workers included.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const RULE = `\n${"-".repeat(80)}\n\n`;
const LICENCE_FILE = /^(licen[cs]e|copying|notice|third-?party-?notices)/i;

/** Plugins that share one set: `collect` for page and workers, `write` for the page, which is finished last. */
export function notices() {
  const folders = new Set();
  return {
    collect: () => ({
      name: "collect-notices",
      generateBundle() {
        for (const id of this.getModuleIds()) {
          const folder = packageFolder(id);
          if (folder) folders.add(folder);
        }
      },
    }),
    write: (fileName) => ({
      name: "write-notices",
      generateBundle: {
        order: "post",
        handler() {
          this.emitFile({ type: "asset", fileName, source: text(folders) });
        },
      },
    }),
  };
}

function packageFolder(id) {
  const found = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/?]+)\//.exec(id);
  return found && existsSync(join(found[1], "package.json")) ? found[1] : null;
}

function text(folders) {
  const entries = [...folders].map(notice);
  const unique = [...new Set(entries)].sort();
  const head = `The GraphiQL page of bg-graph is built from the ${unique.length} packages below, each under its own licence.\n`;
  return [head, ...unique].join(RULE);
}

function notice(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file)).sort();
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  const origin = [author?.name ?? author, repository?.url ?? repository].filter(Boolean).join(", ");
  if (!texts.length) texts.push(`The package carries no licence text of its own; it comes from ${origin}.`);
  return `${[`${name} ${version} (${license})`, ...texts].join("\n\n")}\n`;
}
