// The chat page. Text from outside only becomes text nodes; nothing here builds HTML from strings.
"use strict";

const MAX_SHOWN = 500;
const MAX_FILE = 10_000_000;
const TYPING_MS = 5000;
const TOAST_MS = 3500;
const RETRY_MS = 1500;
const BUSY_MS = 15000;
const INLINE_MS = 400; // Telegram's apps wait as long for the next key

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const language = document.documentElement.lang;
const app = $("app"), log = $("log"), text = $("text"), commandList = $("commands"), resultList = $("results");

let commands = [];
let examples = [];
let isConnected = false;
let username = "";
let typingTimer, toastTimer, inlineTimer;

function element(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

function button(className, content, onClick) {
  const made = element("button", className, content);
  made.type = "button";
  if (onClick) made.addEventListener("click", onClick);
  return made;
}

// ---- talking to the server

async function post(path, data) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(data),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return true;
  } catch (error) {
    showToast(error instanceof TypeError ? words["page.no_answer"] : error.message);
    return false;
  }
}

function connect() {
  const source = new EventSource("/chat/events");
  const on = (kind, handle) => source.addEventListener(kind, (e) => handle(JSON.parse(e.data)));
  on("state", showState);
  on("message", (message) => showMessage(message, false));
  on("typing", showTyping);
  on("toast", showAnswer);
  on("inline", showResults);
  on("commands", (data) => { commands = data.commands; filterCommands(); });
  source.onerror = () => {
    isConnected = false;
    showStatus();
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(connect, RETRY_MS);
  };
}

function showState(state) {
  isConnected = true;
  commands = state.commands;
  examples = state.examples;
  username = state.username;
  document.title = state.name;
  $("name").textContent = state.name;
  $("about").textContent = state.about || words["page.press_start"];
  log.replaceChildren();
  for (const message of state.messages) showMessage(message, true);
  fillExamples();
  stopTyping();
  updateFrame();
  scrollDown();
}

// ---- header, first visit, notices

function showStatus() {
  const isTyping = typingTimer !== undefined;
  app.dataset.state = isConnected ? (isTyping ? "typing" : "ready") : "connecting";
  $("status").textContent = words[isConnected ? (isTyping ? "page.typing" : "page.bot") : "page.connecting"];
}

function showTyping() {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(stopTyping, TYPING_MS);
  showStatus();
}

function stopTyping() {
  clearTimeout(typingTimer);
  typingTimer = undefined;
  showStatus();
}

function updateFrame() {
  const isEmpty = log.querySelector(".message") === null;
  const asked = [...log.querySelectorAll(".message.out")].some((m) => m.dataset.command !== "start");
  $("empty").hidden = !isEmpty;
  $("start").hidden = !isEmpty;
  $("composer").hidden = isEmpty;
  $("menu").hidden = commands.length === 0;
  $("examples").hidden = asked || examples.length === 0;
}

function fillExamples() {
  const chips = examples.map((question) => button("example", question, () => say(question)));
  $("examples").replaceChildren(...chips);
}

function showToast(content) {
  clearTimeout(toastTimer);
  $("toast").textContent = content;
  $("toast").hidden = false;
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, TOAST_MS);
}

function showAnswer(answer) {
  for (const key of log.querySelectorAll(".key[aria-busy]")) {
    const isIt = key.dataset.data === answer.data
      && key.closest(".message").dataset.id === String(answer.message_id);
    if (isIt) key.removeAttribute("aria-busy");
  }
  if (!answer.text) return;
  if (!answer.alert) return showToast(answer.text);
  $("alert-text").textContent = answer.text;
  if (!$("alert").open) $("alert").showModal();
}

// ---- messages

function isAtBottom() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
}

function scrollDown() {
  log.scrollTop = log.scrollHeight;
  $("down").hidden = true;
}

function find(id) {
  return log.querySelector(`.message[data-id="${Number(id)}"]`);
}

function showMessage(message, isHistory) {
  const old = find(message.message_id);
  if (message.deleted) {
    if (old) old.remove();
    return updateFrame();
  }
  const wasAtBottom = isAtBottom();
  const item = messageItem(message);
  if (old) {
    old.replaceWith(item);
  } else {
    addDay(message);
    log.append(item);
    while (log.children.length > MAX_SHOWN) log.firstChild.remove();
  }
  foldQuotes(item);
  if (isHistory) return;
  const isMine = item.classList.contains("out");
  if (!isMine && !old) stopTyping();
  updateFrame();
  if (wasAtBottom || (isMine && !old)) scrollDown();
  else if (!old) $("down").hidden = false;
}

function addDay(message) {
  const day = new Date(message.date * 1000).toDateString();
  if (log.dataset.day === day && log.querySelector(".day")) return;
  log.dataset.day = day;
  const item = element("li", "day");
  const isToday = day === new Date().toDateString();
  const shown = new Date(message.date * 1000).toLocaleDateString(language, { day: "numeric", month: "long" });
  item.append(element("span", "", isToday ? words["page.today"] : shown));
  log.append(item);
}

function messageItem(message) {
  const isMine = !(message.from && message.from.is_bot);
  const item = element("li", isMine ? "message out" : "message in");
  item.dataset.id = message.message_id;
  const command = /^\/(\w+)/.exec(message.text || "");
  if (command) item.dataset.command = command[1];
  const bubble = element("div", "bubble");
  const body = element("div", "text");
  const content = message.text || message.caption || "";
  const entities = message.entities || message.caption_entities || [];
  if (message.document) body.append(file(message));
  if (message.rich_message) body.append(...message.rich_message.blocks.map(richBlock));
  fill(body, content, 0, content.length, entities);
  body.append(meta(message));
  if (message.via_bot) bubble.append(element("p", "via", `via @${message.via_bot.username}`));
  if (message.reply_to_message) bubble.append(replyHeader(message.reply_to_message));
  bubble.append(body);
  item.append(bubble);
  if (message.reply_markup) item.append(keyboard(message));
  return item;
}

function file(message) {
  const { file_name: name } = message.document;
  const made = element("a", "file", name);
  made.href = `/chat/file/${message.message_id}`;
  made.download = name;
  return made;
}

function meta(message) {
  const made = element("span", "meta");
  if (message.edit_date) made.append(element("span", "edited", words["page.edited"]));
  const date = new Date(message.date * 1000);
  const time = element("time", "", date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  time.dateTime = date.toISOString();
  made.append(time);
  return made;
}

function replyHeader(original) {
  const made = button("reply", undefined, () => showOriginal(original.message_id));
  const isBot = original.from && original.from.is_bot;
  made.dataset.replyTo = original.message_id;
  made.setAttribute("aria-label", words["page.original"]);
  made.append(element("strong", "", isBot ? original.from.first_name : words["page.you"]));
  made.append(element("span", "", (original.text || original.caption || "").slice(0, 200)));
  return made;
}

function showOriginal(id) {
  const item = find(id);
  if (!item) return;
  item.scrollIntoView({ block: "center" });
  item.classList.remove("flash");
  void item.offsetWidth; // so that the animation runs again
  item.classList.add("flash");
}

function keyboard(message) {
  const made = element("div", "keyboard");
  for (const row of message.reply_markup.inline_keyboard || []) {
    const line = element("div", "row");
    for (const each of row) line.append(key(message, each));
    made.append(line);
  }
  return made;
}

function key(message, each) {
  const url = safeUrl(each.url);
  if (url) return link("key", each.text, url);
  const made = button("key", each.text);
  if (each.callback_data === undefined) return made;
  made.dataset.data = each.callback_data;
  made.addEventListener("click", async () => {
    made.setAttribute("aria-busy", "true");
    setTimeout(() => made.removeAttribute("aria-busy"), BUSY_MS);
    const data = { message_id: message.message_id, data: each.callback_data };
    if (!await post("/chat/press", data)) made.removeAttribute("aria-busy");
  });
  return made;
}

// ---- text and entities; offsets are UTF-16 code units, as in JavaScript strings

function fill(parent, content, from, to, entities) {
  let at = from;
  let rest = entities;
  while (rest.length > 0) {
    const [entity, ...others] = rest;
    const begin = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    rest = others;
    if (begin >= end) continue;
    addText(parent, content.slice(at, begin));
    const [outer, inner] = entityElement(entity, content.slice(begin, end));
    fill(inner, content, begin, end, others.filter((other) => other.offset < end));
    parent.append(outer);
    rest = others.filter((other) => other.offset + other.length > end);
    at = end;
    // A block ends its line: the line break after it would show as an empty line.
    if (/^(BLOCKQUOTE|PRE)$/.test(outer.tagName) && content[at] === "\n" && at < to) at += 1;
  }
  addText(parent, content.slice(at, to));
}

function addText(parent, content) {
  if (content) parent.append(document.createTextNode(content));
}

// ---- rich messages: blocks, whose text is a string, a list, or an object with text

function richBlock(block) {
  if (block.type === "details") {
    const made = element("details");
    made.append(richText("summary", block.summary), ...block.blocks.map(richBlock));
    return made;
  }
  const made = richText(block.type === "pullquote" ? "blockquote" : "p", block.text);
  if (block.credit) made.append(richText("cite", block.credit));
  return made;
}

function richText(tag, content) {
  const made = element(tag);
  for (const each of [content].flat()) {
    if (typeof each === "string") addText(made, each);
    else made.append(richPart(each));
  }
  return made;
}

function richPart(part) {
  const made = richText(part.type === "marked" ? "mark" : TAGS[part.type] || "span", part.text);
  const url = safeUrl(part.url);
  if (!url) return made;
  const linked = link("", undefined, url);
  linked.append(made);
  return linked;
}

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code",
};

function entityElement(entity, content) {
  const twice = (made) => [made, made];
  switch (entity.type) {
    case "url":
    case "text_link": {
      const url = safeUrl(entity.url || content);
      return twice(url ? link("", undefined, url) : element("span"));
    }
    case "bot_command":
      return twice(button("link", undefined, () => say(content)));
    case "blockquote":
    case "expandable_blockquote":
      return quoteElement(entity.type === "expandable_blockquote");
    case "pre": {
      const outer = element("pre"), inner = element("code");
      outer.append(inner);
      return [outer, inner];
    }
    case "spoiler":
      return twice(spoiler());
    case "mention":
    case "hashtag":
      return twice(element("span", "link"));
    default:
      return twice(element(TAGS[entity.type] || "span"));
  }
}

function quoteElement(isExpandable) {
  const outer = element("blockquote", isExpandable ? "expandable collapsed" : "");
  const inner = element("div", "quoted");
  outer.append(inner);
  return [outer, inner];
}

function spoiler() {
  const made = element("span", "spoiler");
  const show = () => made.classList.add("shown");
  made.tabIndex = 0;
  made.setAttribute("role", "button");
  made.setAttribute("aria-label", words["page.hidden"]);
  made.addEventListener("click", show);
  made.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") show(); });
  return made;
}

// Only quotes taller than three lines get the arrow, so the layout must be known.
function foldQuotes(item) {
  for (const quote of item.querySelectorAll("blockquote.expandable")) {
    const inner = quote.querySelector(".quoted");
    if (inner.scrollHeight <= inner.clientHeight + 2) {
      quote.classList.remove("collapsed");
      continue;
    }
    quote.classList.add("long");
    quote.append(foldButton(quote));
  }
}

function foldButton(quote) {
  const made = button("fold");
  const arrow = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  arrow.setAttribute("viewBox", "0 0 24 24");
  path.setAttribute("d", "M6 9l6 6 6-6");
  arrow.append(path);
  made.append(arrow);
  const say = () => {
    const isFolded = quote.classList.contains("collapsed");
    made.setAttribute("aria-expanded", String(!isFolded));
    made.setAttribute("aria-label", words[isFolded ? "page.show_all" : "page.show_less"]);
  };
  say();
  quote.addEventListener("click", (e) => {
    if (e.target.closest("a, .link") || String(getSelection())) return;
    quote.classList.toggle("collapsed");
    say();
  });
  return made;
}

function safeUrl(url) {
  if (typeof url !== "string" || !/^https?:\/\//i.test(url)) return null;
  try {
    return new URL(url).href;
  } catch {
    return null;
  }
}

function link(className, content, url) {
  const made = element("a", className, content);
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

// ---- the composer and its menu of commands

async function say(content) {
  closeCommands();
  return post("/chat/say", { text: content });
}

async function send() {
  const content = text.value.trim();
  if (!content) return;
  closeResults();
  text.value = "";
  grow();
  if (!await say(content) && !text.value) text.value = content;
  grow();
}

function sendFile() {
  const [chosen] = $("file").files;
  if (!chosen) return;
  if (chosen.size > MAX_FILE) return showToast(words["page.file_size"]);
  const reader = new FileReader();
  reader.onload = () => post("/chat/send", { name: chosen.name, data: reader.result.split(",")[1] || "" });
  reader.onerror = () => showToast(words["page.unreadable_file"]);
  reader.readAsDataURL(chosen);
  $("file").value = "";
}

function grow() {
  $("send").disabled = text.value.trim() === "";
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

function showCommands(start) {
  const found = commands.filter((command) => command.command.startsWith(start));
  commandList.replaceChildren(...found.map(commandItem));
  commandList.hidden = found.length === 0;
  $("menu").setAttribute("aria-expanded", String(found.length > 0));
  if (found.length > 0) select(commandList.firstChild);
}

function commandItem(command) {
  const item = element("li", "command");
  item.id = `command-${command.command}`;
  item.dataset.command = command.command;
  item.setAttribute("role", "option");
  item.append(element("b", "", `/${command.command}`), element("span", "", command.description));
  item.addEventListener("click", () => choose(item));
  return item;
}

function choose(item) {
  text.value = "";
  grow();
  say(`/${item.dataset.command}`);
  text.focus();
}

function select(item) {
  for (const other of item.parentNode.children) other.setAttribute("aria-selected", String(other === item));
  text.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function closeCommands() {
  commandList.hidden = true;
  text.removeAttribute("aria-activedescendant");
  $("menu").setAttribute("aria-expanded", "false");
}

function filterCommands() {
  const typed = /^\/(\w*)$/.exec(text.value);
  if (typed) showCommands(typed[1].toLowerCase());
  else closeCommands();
  updateFrame();
}

// ---- inline queries: "@bot question"

function inlineQuery() {
  const typed = /^@(\S+)\s+([^]*)$/.exec(text.value);
  return typed && typed[1].toLowerCase() === username.toLowerCase() ? typed[2] : null;
}

function askInline() {
  clearTimeout(inlineTimer);
  const query = inlineQuery();
  if (query === null) return closeResults();
  inlineTimer = setTimeout(() => post("/chat/inline", { text: query }), INLINE_MS);
}

function showResults(answer) {
  if (answer.query !== inlineQuery()) return;
  const items = answer.results.map((result) => resultItem(answer.id, result));
  if (answer.button) items.push(switchItem(answer.button));
  resultList.replaceChildren(...items);
  resultList.hidden = items.length === 0;
  if (answer.results.length > 0) select(items[0]);
}

function resultItem(query, result) {
  const item = inlineItem("result", result.title, () => post("/chat/choose", { id: query, result: result.id }));
  item.append(element("span", "", result.description));
  item.id = `result-${result.id}`;
  return item;
}

// Telegram shows this button above the results; it opens the private chat with the bot.
function switchItem(shown) {
  return inlineItem("result switch", shown.text, () => say(`/start ${shown.start_parameter}`));
}

function inlineItem(className, title, act) {
  const item = element("li", className);
  item.setAttribute("role", "option");
  item.append(element("b", "", title));
  item.addEventListener("click", () => {
    text.value = "";
    grow();
    closeResults();
    act();
    text.focus();
  });
  return item;
}

function closeResults() {
  clearTimeout(inlineTimer);
  resultList.hidden = true;
  resultList.replaceChildren();
  text.removeAttribute("aria-activedescendant");
}

function onKey(event) {
  const list = resultList.hidden ? commandList : resultList;
  const selected = list.querySelector("[aria-selected=true]");
  const isOpen = !list.hidden && selected;
  if (event.isComposing) return;
  if (event.key === "Escape") {
    closeCommands();
    closeResults();
  }
  else if (isOpen && event.key === "ArrowDown") select(selected.nextSibling || list.firstChild);
  else if (isOpen && event.key === "ArrowUp") select(selected.previousSibling || list.lastChild);
  else if (isOpen && list === commandList && event.key === "Tab") {
    text.value = `/${selected.dataset.command} `;
    closeCommands();
    grow();
  } else if (event.key === "Enter" && !event.shiftKey) {
    if (isOpen) selected.click();
    else send();
  } else return;
  event.preventDefault();
}

text.addEventListener("input", () => { grow(); filterCommands(); askInline(); });
text.addEventListener("keydown", onKey);
$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("start").addEventListener("click", async () => { if (await say("/start")) text.focus(); });
$("menu").addEventListener("click", () => {
  if (!commandList.hidden) return closeCommands();
  showCommands("");
  text.focus();
});
$("attach").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", sendFile);
$("down").addEventListener("click", scrollDown);
$("alert-close").addEventListener("click", () => $("alert").close());
log.addEventListener("scroll", () => { if (isAtBottom()) $("down").hidden = true; });
document.addEventListener("click", (event) => {
  if (event.target.closest("footer")) return;
  closeCommands();
  closeResults();
});

connect();
