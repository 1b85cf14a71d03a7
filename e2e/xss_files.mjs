// A part of xss.mjs: what the center gives to be kept as a file. A browser shows none of it, so it is taken and read
// here: its name and its box, and that the payloads in it are words – no formula, script, link or markup.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";

const run = promisify(execFile);

/** What a browser keeps as a file instead of showing it. */
export const DOWNLOAD = /[.](csv|md|jsonl|toml|pdf|xlsx|png)$/;
/** Routes of files, scripts and the stream that says that something changed. */
export const NO_PAGE = /[.](csv|md|jsonl|toml|pdf|xlsx|png|ico|js|webmanifest)$|[/]langsung$/;
/** Addresses of tiles of the base map: pictures within a page. */
const TILE = /^\/peta\/dasar\//;

/** The call of a payload, as it is or as HTML and addresses write it; one payload encodes the first letter. */
const MARKER = /_xss(?:%28|%60|&#40;|&#96;|&#x28;|&#x60;|\(|`)(\d+)/gi;

/** Files of one route for each reader at most: so many that a run ends, from all over what the pages link to. */
export function some(paths, most) {
  const step = Math.max(1, paths.length / most);
  return Array.from({ length: Math.min(most, paths.length) }, (_, nth) => paths[Math.floor(nth * step)]);
}

// ---- what is read in each kind: gives its words and what is wrong ----

const words = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

/** Cells of a CSV file. */
function cells(text) {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  // Whatever comes first outside of quotes separates.
  const separator = text.replace(/"(?:[^"]|"")*"/g, "").match(/[,;]/)?.[0] ?? ",";
  const end = () => {
    rows.at(-1).push(cell);
    cell = "";
  };
  for (let nth = 0; nth < text.length; nth += 1) {
    const letter = text[nth];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[nth + 1] === '"') cell += text[(nth += 1)];
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === separator) end();
    else if (letter === "\n") {
      end();
      rows.push([]);
    } else if (letter !== "\r") cell += letter;
  }
  if (quoted) throw new Error("a quotation mark is not closed");
  if (cell !== "" || rows.at(-1).length > 0) end();
  else rows.pop();
  return rows;
}

function csv(bytes) {
  const text = words(bytes);
  const rows = cells(text);
  const wrong = [];
  const widths = new Set(rows.map((row) => row.length));
  if (widths.size !== 1) wrong.push(`rows of ${[...widths]} cells`);
  for (const cell of rows.flat()) {
    if (/^[=+\-@\t\r\n\0＝＋－＠]/.test(cell) && !/^[+-]?[\d.,\s]+$/.test(cell)) wrong.push(`a formula: ${cell.slice(0, 60)}`);
  }
  return { text, wrong };
}

/** Markdown as a viewer reads it that lets HTML and any address through: it may hold neither. */
function md(bytes) {
  const text = words(bytes);
  const bare = text.replace(/\\[\\`*_{}[\]()#+.!|<>~-]/g, "").replaceAll("<br>", "");
  const wrong = [];
  if (/<[a-z/!?]/i.test(bare)) wrong.push(`markup: ${bare.match(/.{0,20}<[a-z/!?].{0,40}/i)[0]}`);
  if (/\]\s*[([:]/.test(bare)) wrong.push(`a link: ${bare.match(/.{0,20}\]\s*[([:].{0,40}/)[0]}`);
  return { text, wrong };
}

function jsonl(bytes) {
  const text = words(bytes);
  for (const line of text.split("\n").filter(Boolean)) JSON.parse(line);
  return { text, wrong: [] };
}

/** The parts of a ZIP file, by its directory. */
function unzip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = (at) => view.getUint16(at, true);
  const long = (at) => view.getUint32(at, true);
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const parts = {};
  for (let left = short(end + 10), at = long(end + 16); left > 0; left -= 1) {
    const name = words(bytes.subarray(at + 46, at + 46 + short(at + 28)));
    const local = long(at + 42);
    const start = local + 30 + short(local + 26) + short(local + 28);
    const packed = bytes.subarray(start, start + long(at + 20));
    parts[name] = short(at + 10) === 0 ? packed : inflateRawSync(packed);
    at += 46 + short(at + 28) + short(at + 30) + short(at + 32);
  }
  return parts;
}

async function xlsx(bytes, { broken }) {
  const wrong = [];
  const parts = unzip(bytes);
  let text = "";
  for (const [name, part] of Object.entries(parts)) {
    if (!/^(\[Content_Types\]\.xml|_rels\/|docProps\/|xl\/(workbook|styles|sharedStrings|theme\/|worksheets\/|_rels\/|tables\/|metadata))/.test(name)) {
      wrong.push(`a part called ${name}`);
    }
    const xml = words(part);
    text += xml;
    if (/<f[ >/]|<hyperlinks?[ >/]|TargetMode="External"|<!DOCTYPE|<!ENTITY/.test(xml)) wrong.push(`${name}: a formula, link or entity`);
    if (await broken(xml)) wrong.push(`${name} is not well-formed`);
  }
  if (!parts["xl/sharedStrings.xml"]) wrong.push("no texts");
  return { text, wrong };
}

/** By the tools that others read it with. */
async function pdf(bytes, { folder }) {
  const path = join(folder, `${randomUUID()}.pdf`);
  writeFileSync(path, bytes);
  const say = async (tool, ...flags) => (await run(tool, [...flags, path, ...(tool === "pdftotext" ? ["-"] : [])], { maxBuffer: 1 << 26 })).stdout;
  const wrong = [];
  const info = await say("pdfinfo");
  for (const never of ["JavaScript", "Form"]) {
    const line = info.match(new RegExp(`^${never}:\\s*(.*)$`, "m"))?.[1];
    if (!/^(no|none)$/.test(line ?? "")) wrong.push(`${never}: ${line}`);
  }
  // Of the program's own making there are none at all.
  const links = (await say("pdfinfo", "-url")).split("\n").slice(1).filter((line) => line.trim() !== "");
  if (links.length > 0) wrong.push(`links: ${links.slice(0, 3)}`);
  const attached = await say("pdfdetach", "-list");
  if (!attached.startsWith("0 ")) wrong.push(attached.trim());
  // What is broken over lines and pages is one word again.
  return { text: (await say("pdftotext")).replace(/\s/g, ""), wrong };
}

function png(bytes) {
  const wrong = [];
  if (bytes.subarray(0, 8).toString("latin1") !== "\x89PNG\r\n\x1a\n") wrong.push("no picture");
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const chunk = bytes.subarray(at + 4, at + 8).toString("latin1");
    // Nothing but the picture: no texts, which programs show.
    if (!/^(IHDR|PLTE|tRNS|IDAT|IEND|sRGB|gAMA|pHYs)$/.test(chunk)) wrong.push(`a chunk ${chunk}`);
  }
  return { text: "", wrong };
}

const plain = (bytes) => ({ text: words(bytes), wrong: [] });
const READ = { csv, md, jsonl, toml: plain, xlsx, pdf, png };

// ---- taking them ----

/**
 * Takes the files that pages linked to and those without blanks in their addresses. `wanted`: pairs of a reader's
 * cookies and the addresses. Gives how many of each route, the payloads in them, and what is wrong.
 */
export async function files({ base, routeOf, admitted, share, wanted, blank, payloads }) {
  const folder = mkdtempSync(join(tmpdir(), "pendopo-files-"));
  const broken = (xml) => blank.evaluate((xml) => new DOMParser().parseFromString(xml, "application/xml").querySelector("parsererror") !== null, xml);
  const result = { opened: {}, shown: {}, payloads: new Set(), wrong: [] };
  const jobs = wanted.flatMap(([cookies, paths]) => [...new Set(paths)].map((path) => [cookies, path]));
  await share([1, 2, 3], jobs, async (_, [cookies, path]) => {
    const answer = await admitted(() => fetch(base + path, { headers: { cookie: cookies } }));
    const header = (name) => answer.headers.get(name) ?? "";
    const file = new URL(path, base).pathname;
    const ending = file.match(DOWNLOAD)?.[1];
    if (answer.status >= 500) result.wrong.push(`${path}: ${answer.status}`);
    if (answer.status >= 400 || !ending) {
      // One of the others never ends.
      await answer.body?.cancel();
      if (answer.status >= 400) return;
    }
    const route = routeOf(path);
    result.opened[route] = (result.opened[route] ?? 0) + 1;
    if (header("content-type").startsWith("text/html")) result.wrong.push(`${path}: a page`);
    if (header("x-content-type-options") !== "nosniff") result.wrong.push(`${path}: may be sniffed`);
    if (TILE.test(file) && !header("content-security-policy").startsWith("default-src 'none'")) result.wrong.push(`${path}: no policy`);
    if (!ending) return;
    if (!/^attachment; filename="[A-Za-z0-9._-]+"$/.test(header("content-disposition"))) result.wrong.push(`${path}: ${header("content-disposition")}`);
    if (!header("content-security-policy").endsWith("sandbox")) result.wrong.push(`${path}: no sandbox`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const { text, wrong } = await READ[ending](bytes, { broken, folder });
    for (const what of wrong.slice(0, 5)) result.wrong.push(`${path}: ${what}`);
    // In a PDF a number of something else may follow at once.
    const shown = [...text.matchAll(MARKER)].map((match) => Number(match[1])).filter((nth) => nth < payloads.length);
    result.shown[route] = (result.shown[route] ?? 0) + shown.length;
    for (const nth of shown) result.payloads.add(nth);
  });
  rmSync(folder, { recursive: true });
  return { ...result, payloads: [...result.payloads] };
}
