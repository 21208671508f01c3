import { Anteroom, WaitingRoom } from "../anteroom.js";

const activity = "classroom";
const touchMilliseconds = 60_000;
const copiedMilliseconds = 1_500;
const element = (id) => document.getElementById(id);

/** What the room says in its place; a state without a sentence shows no notice. */
const notices = {
  reconnecting: "The connection was lost. Coming back…",
  replaced: "You opened this page in a newer tab.",
};

/** The code while this page lives. It is never stored: after a reload it is asked for again. */
let code = "";
let hash = new URLSearchParams(location.search).get("hash") ?? "";
let room;
let connection;
let live;

if (hash) open();
else show("make");

on("make-form", "submit", async () => {
  code = element("new-code").value;
  ({ hash } = await WaitingRoom.create({ activity, code }));
  element("new-code").value = "";
  history.replaceState(null, "", `?hash=${encodeURIComponent(hash)}`);
  open();
});

on("copy", "click", async () => {
  await navigator.clipboard.writeText(element("student-link").href);
  element("copy").textContent = "Copied";
  setTimeout(() => { element("copy").textContent = "Copy"; }, copiedMilliseconds);
});

on("start-form", "submit", async () => {
  const shown = code || element("code").value;
  try {
    const { sessionId } = await room.verifyTeacherCode(shown);
    code = shown;
    goLive(sessionId);
  } catch (error) {
    // A wrong code must be typed anew, one that was only not heard need not.
    if (error.code) code = "";
    throw error;
  } finally {
    element("code-field").hidden = code !== "";
  }
});

on("admit-form", "submit", () => room.admit(element("admit-count").valueAsNumber));
on("pause", "click", () => (element("pause").ariaPressed === "true" ? room.resume() : room.pause()));
on("message-form", "submit", () => live.calls.patch({ message: element("message").value }));

on("end", "click", async () => {
  const { id, calls } = live;
  // A room that is live may not take the word of a socket; the session itself does.
  await room.end().catch(() => calls.end());
  leaveLive(id);
});

function open() {
  const address = new URL("student.html", location.href);
  address.search = new URLSearchParams({ hash }).toString();
  element("student-link").href = address.href;
  element("student-link").textContent = address.href;
  element("code-field").hidden = code !== "";

  room = new WaitingRoom({ hash, activity, isHost: true });
  room.addEventListener("state", ({ detail }) => {
    notify(detail.state === "refused" ? detail.reason : notices[detail.state]);
    if (detail.state === "waiting" && !live) show("link", "room");
  });
  room.addEventListener("welcome", ({ detail }) => {
    showCount(detail.size);
    showAdmission(detail);
  });
  room.addEventListener("waiter-count", ({ detail }) => showCount(detail.count));
  room.addEventListener("admission", ({ detail }) => showAdmission(detail));
  room.addEventListener("session-started", ({ detail }) => goLive(detail.sessionId));
  room.addEventListener("session-ended", () => leaveLive(live?.id));
  room.join();
  show("link", "room");
}

function showCount(count) {
  element("count").textContent = count;
  if (!live) document.title = `${count} waiting · Host`;
}

function showAdmission({ paused, closed, capacity }) {
  element("pause").ariaPressed = String(paused);
  element("pause").textContent = paused ? "Resume entry" : "Pause entry";
  const sentences = [
    paused ? "Entry is paused." : "Everybody is let in when you start.",
    closed ? "The line is closed." : "",
    capacity == null ? "" : `There is room for ${capacity}.`,
  ];
  element("admission").textContent = sentences.filter(Boolean).join(" ");
}

function goLive(id) {
  if (live?.id === id) return;
  live?.session.stop();
  clearInterval(live?.touching);
  connection ??= new Anteroom({
    onState: (state) => live && notify(state === "reconnecting" ? notices.reconnecting : ""),
  }).connect();
  const calls = connection.session(id);
  live = {
    id,
    calls,
    session: calls.follow({
      onDocument: showDocument,
      onEnd: () => leaveLive(id),
      onRefused: (error) => notify(`The session can't be followed: ${error.message}.`),
    }),
    // A quiet class is no abandoned one. A touch that is lost is made up for by the next.
    touching: setInterval(() => calls.touch().catch(() => {}), touchMilliseconds),
  };
  element("session-id").textContent = id;
  document.title = "Live · Host";
  show("link", "live");
}

function showDocument({ message = "", here = {} }) {
  // What is being typed stays when only somebody arrived.
  if (live?.message !== message) element("message").value = message;
  if (live) live.message = message;
  const names = Object.values(here).sort((one, other) => one.localeCompare(other));
  element("arrived-count").textContent = names.length;
  element("arrived").replaceChildren(
    ...names.map((name) => Object.assign(document.createElement("li"), { textContent: name })),
  );
}

/** Whoever hears first that the class is over, the session or the room, brings the page back. */
function leaveLive(id) {
  if (!live || live.id !== id) return;
  live.session.stop();
  clearInterval(live.touching);
  live = undefined;
  showDocument({});
  show("link", "room");
  room.join({ after: id });
}

function show(...sections) {
  for (const id of ["make", "link", "room", "live"]) element(id).hidden = !sections.includes(id);
}

/** Runs an action of the person, and says what went wrong; the button rests meanwhile. */
function on(id, type, action) {
  element(id).addEventListener(type, async (event) => {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    button.disabled = true;
    try {
      notify("");
      await action();
    } catch (error) {
      const later = error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : "";
      notify(`${error.message}${later}`);
    } finally {
      button.disabled = false;
    }
  });
}

function notify(sentence = "") {
  element("notice").textContent = sentence;
  element("notice").hidden = !sentence;
}
