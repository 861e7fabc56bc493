// Builds the page into ../static/graphiql: an index.html served at the root and hashed assets served under graphiql/.
import { defineConfig } from "vite";
import { notices } from "./notices.js";

const collected = notices();

// Libraries mark their modules "use client" for servers that render React; a page without a server ignores that.
const rolldownOptions = {
  onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
};

export default defineConfig({
  base: "./",
  plugins: [collected.collect(), collected.write("NOTICES.txt")],
  worker: { format: "es", plugins: () => [collected.collect()], rolldownOptions },
  build: {
    target: "es2022",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    rolldownOptions,
    chunkSizeWarningLimit: 5000,
  },
  experimental: {
    // The page stands one folder above its assets when served.
    renderBuiltUrl: (file, { hostType }) => (hostType === "html" ? `./graphiql/${file}` : { relative: true }),
  },
});
