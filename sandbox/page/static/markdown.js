/**
 * DingTalk's Markdown as HTML that can do nothing: https://open.dingtalk.com/document/development/robot-message-type
 * and, for cards, https://open.dingtalk.com/document/development/markdown-variable-new (also `<font>`, `<br>`, tables, code).
 * What the library makes is purified; of links only http, https and dingtalk ones stay, pictures are named, not fetched.
 */
import DOMPurify from "dompurify";
import { Marked } from "marked";
import { drawable } from "./format.js";

const COLOUR = /^common_(\w+?)(?:_color)?$/;
const SIZES = { h1: 1, h2: 1, h3: 1, h4: 1, h5: 1, body: 1, footnote: 1, largetitle: 1, hypertitle: 1 };
const FONT = /<font((?:\s+\w+=[\w#"']+)*)\s*>/gi;
const KEPT = 4000;

const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function openFont(_, attributes) {
  const classes = [];
  for (const [, name, value] of attributes.matchAll(/(\w+)=["']?([\w#]+)/g)) {
    const key = name.toLowerCase();
    if (key.startsWith("colortoken")) classes.push(`ding-${COLOUR.exec(value)?.[1] ?? "plain"}`);
    if (key === "sizetoken") {
      const step = /^common_([a-z0-9]+)_text_style/.exec(value)?.[1];
      if (step in SIZES) classes.push(`ding-size-${step}`);
    }
  }
  return `<span class="${classes.join(" ")}">`;
}

/** Only what DingTalk knows passes as HTML; everything else is text. */
function html({ text }) {
  return escaped(text)
    .replace(/&#60;br\s*\/?&#62;/gi, "<br>")
    .replace(/&#60;\/font&#62;/gi, "</span>")
    .replace(/&#60;font((?:(?!&#62;).)*)&#62;/gi, (all, inner) => {
      const raw = `<font${inner.replace(/&#34;/g, '"').replace(/&#39;/g, "'")}>`;
      return raw.replace(FONT, openFont).startsWith("<span") ? raw.replace(FONT, openFont) : all;
    });
}

const renderer = {
  html,
  image({ href, text }) {
    return `<span class="picture" title="${escaped(href)}">${escaped(text || "🖼")}</span>`;
  },
};

const marked = new Marked({ gfm: true, breaks: true, renderer });
const PURE = {
  ALLOWED_TAGS: ["p", "br", "strong", "em", "del", "a", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "code", "pre", "span", "table", "thead", "tbody", "tr", "th", "td"],
  ALLOWED_ATTR: ["href", "class", "title", "align", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|dingtalk|dtmd):/i,
};
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
});

/** What is nested too deeply for the library is shown as it was written. */
function parsed(text) {
  try {
    return marked.parse(text);
  } catch {
    return `<p>${escaped(text)}</p>`;
  }
}

const made = new Map();

/** HTML, purified, for `unsafeHTML`; the same text is rendered once. */
export function rendered(text) {
  let found = made.get(text);
  if (found === undefined) {
    found = DOMPurify.sanitize(parsed(drawable(text)), PURE);
    made.set(text, found);
    if (made.size > KEPT) made.delete(made.keys().next().value);
  }
  return found;
}
