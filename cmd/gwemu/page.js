// The live page. Whatever comes from the deployment is put in as text, never
// as markup: subjects and addresses were written by strangers.
"use strict";

const byId = (id) => document.getElementById(id);

function make(tag, text, className) {
	const e = document.createElement(tag);
	if (text !== undefined) e.textContent = text;
	if (className) e.className = className;
	return e;
}

function say(message) {
	const e = byId("error");
	e.textContent = message;
	e.hidden = message === "";
}

async function ask(method, path, body) {
	try {
		const request = {method, headers: {}};
		if (body !== undefined) {
			request.headers["Content-Type"] = "application/json";
			request.body = JSON.stringify(body);
		}
		const response = await fetch(path, request);
		if (response.ok) {
			say("");
			return true;
		}
		const answer = await response.json().catch(() => ({}));
		say(answer.error || response.statusText);
	} catch (e) {
		say("the deployment does not answer");
	}
	return false;
}

function button(text, action) {
	const b = make("button", text);
	b.type = "button";
	b.addEventListener("click", action);
	return b;
}

const pcPath = (name, verb) => "/api/v1/pcs/" + encodeURIComponent(name) + "/" + verb;

// keys puts the buttons of a PC in place, once.
function keys(article, name) {
	const p = article.querySelector(".keys");
	if (p.childElementCount > 0) return;
	for (const [key, word] of [["A", "Abort"], ["R", "Retry"], ["F", "Fail"]]) {
		p.append(button(word, () => ask("POST", pcPath(name, "key"), {keys: key})));
	}
	p.append(button("Reboot", () => ask("POST", pcPath(name, "reboot"), {})));
}

function article(name) {
	for (const a of document.querySelectorAll("article.pc")) {
		if (a.dataset.pc === name) return a;
	}
	const a = make("article");
	a.dataset.pc = name;
	a.append(make("h2"), make("pre"), make("p", "", "counts"), make("p", "", "keys"));
	byId("pcs").append(a);
	return a;
}

function showPC(pc) {
	const a = article(pc.name);
	a.className = "pc" + (pc.prompt ? " prompt" : "");
	const h = a.querySelector("h2");
	h.replaceChildren(pc.name + " ", make("small", pc.program + " " + pc.state));
	a.querySelector("pre").textContent = pc.screen.join("\n");
	a.querySelector(".counts").textContent =
		`${pc.cycles} cycles, ${pc.spawns} spawns, ${pc.prompts} prompts, at most ${pc.handlesMax} handles`;
	keys(a, pc.name);
}

function showList(id, items, empty, line) {
	const entries = items.map((x) => {
		const li = make("li");
		li.append(...[].concat(line(x)));
		return li;
	});
	byId(id).replaceChildren(...(entries.length ? entries : [make("li", empty)]));
}

let faultsShown = "";

function show(v) {
	byId("now").textContent = v.now;
	v.pcs.forEach(showPC);
	const m = v.messages;
	byId("messages").textContent = `${m.offered} offered, ${m.accepted} accepted, ${m.delivered} delivered, ` +
		`${m.waiting} waiting, ${m.returned} returned, ${m.duplicated} duplicated, ${m.lost} lost`;
	showList("waiting", v.waiting, "nothing", (x) => `${x.count} in ${x.where}`);
	showList("queue", v.queue, "empty", (x) => `${x.host} to ${x.to}: ${x.reason} (${x.tries} tries)`);
	showList("outside", v.outside, "nothing yet", (x) => `${x.time} ${x.from} to ${x.to}`);
	showList("waits", v.waits, "nobody", (x) => `${x.process} waits for ${x.object}, held by ${x.heldBy}`);
	const faults = v.faults.join("\n");
	if (faults !== faultsShown || !byId("faults").querySelector("button")) {
		// Only when they change: a button must not vanish under the pointer.
		faultsShown = faults;
		showList("faults", v.faults, "none", (text) => [
			text + " ",
			button("Remove", () => ask("DELETE", "/api/v1/faults?fault=" + encodeURIComponent(text))),
		]);
	}
}

byId("add-fault").hidden = false;
byId("add-fault").addEventListener("submit", async (event) => {
	event.preventDefault();
	const input = event.target.elements.fault;
	if (await ask("POST", "/api/v1/faults", {fault: input.value})) input.value = "";
});

const events = new EventSource("/api/v1/events");
events.onmessage = (e) => {
	byId("link").textContent = "";
	show(JSON.parse(e.data));
};
events.onerror = () => { byId("link").textContent = "(not connected)"; };
