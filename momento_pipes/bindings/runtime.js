// jsii's runtime in one process of node instead of two, and without stack traces.
//
// Python starts `bin/jsii-runtime.js`, which starts a second node for `lib/program.js` and copies
// each request and each answer between them. This file runs `program.js` itself: its file
// descriptor 3 is here standard input for requests and standard output for answers. What a
// construct prints goes to standard error as the line of JSON that Python expects.
//
// cdktf records a stack trace for each token, without node's limit. These are traces of node's code,
// not of Python's, so they are left out. Errors keep theirs. A `--stack-trace-limit` in
// NODE_OPTIONS keeps all.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const threads = require("node:worker_threads");

const API = 3;
const EMBEDDED = process.env.JSII_EMBEDDED;

const { readSync, writeSync } = fs;
const report = (stream) => (text) => {
  const line = JSON.stringify({ [stream]: Buffer.from(text).toString("base64") });
  writeSync(2, `${line}\n`);
};

fs.readSync = (file, ...rest) => readSync(file === API ? 0 : file, ...rest);
fs.writeSync = (file, ...rest) => writeSync(file === API ? 1 : file, ...rest);

for (const stream of ["stdout", "stderr"]) {
  const told = report(stream);
  process[stream].write = (text, encoding, done = encoding) => {
    told(typeof encoding === "string" ? Buffer.from(text, encoding) : text);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
}

// The installed files have the names of their folders in their names.
const embedded = (file) => path.join(EMBEDDED, `lib__${path.basename(file)}`);
threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    super(fs.existsSync(file) ? file : embedded(file), options);
  }
};

// jsii's second process has this argument. With it, jsii makes one symbolic link for a package;
// without it, a folder and a hard link for each folder and file of the package.
process.execArgv.push("--preserve-symlinks");

if (!/--stack[-_]trace[-_]limit/.test(process.env.NODE_OPTIONS)) {
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = (object, ...rest) => {
    if (object instanceof Error) capture(object, ...rest);
  };
}

require(embedded("program.js"));
