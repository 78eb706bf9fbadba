// The page works without this: with it, answers come without loading the page again.
"use strict";
(() => {
  const log = document.getElementById("log");
  const form = document.getElementById("say");
  if (!form || !window.fetch) return;
  const field = form.elements.text;
  const shown = new Set([...log.children].map((item) => item.dataset.seq).filter(Boolean));

  const add = (role, text, seq) => {
    if (text === null || (seq && shown.has(String(seq)))) return;
    if (seq) shown.add(String(seq));
    const item = document.createElement("li");
    item.className = role;
    const who = document.createElement("b");
    who.textContent = (role === "person" ? log.dataset.you : log.dataset.assistant) + ": ";
    item.append(who, document.createTextNode(text));
    log.append(item);
    item.scrollIntoView({ block: "end" });
  };

  form.addEventListener("submit", async (event) => {
    if (event.submitter && event.submitter.name === "do") return;
    event.preventDefault();
    const text = field.value;
    if (!text.trim()) return;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ text, key: form.elements.key.value }),
      });
      if (answer.status === 409 || answer.status === 429) return add("trouble", log.dataset.wait);
      if (!answer.ok) return location.reload();
      const view = await answer.json();
      field.value = "";
      form.elements.key.value = view.next_key;
      if (view.stage !== "open" || view.language !== document.documentElement.lang) return location.reload();
      add("person", text);
      view.messages.forEach((message) => add(message.role, message.text, message.seq));
    } catch {
      add("trouble", log.dataset.lost);
    } finally {
      form.removeAttribute("aria-busy");
      field.focus();
    }
  });
  log.lastElementChild?.scrollIntoView({ block: "end" });
})();
