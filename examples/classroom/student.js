import { Anteroom, WaitingRoom } from "../anteroom.js";

const activity = "classroom";
const hash = new URLSearchParams(location.search).get("hash") ?? "";
const nameKey = `classroom:${hash}:name`;
const element = (id) => document.getElementById(id);

const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const endings = { one: "st", two: "nd", few: "rd", other: "th" };
const ordinal = (number) => `${number}${endings[ordinals.select(number)]}`;

/** What the room says in its place; a state without a sentence shows no notice. */
const notices = {
  reconnecting: "The connection was lost. Your place is kept; coming back…",
  replaced: "You opened this class in a newer tab, which has your place now.",
  closed: "You left the line.",
};

let room;
let connection;
let live;
let isPaused = false;

begin();

async function begin() {
  const name = sessionStorage.getItem(nameKey);
  try {
    await WaitingRoom.entry({ hash, activity });
  } catch (error) {
    // No answer or a busy server is no verdict on the link: the room will be tried until it answers.
    if (error.code >= 400 && error.code < 500 && error.code !== 429) return refuse(error.message);
  }
  if (name) return enter(name);
  show("join");
  element("name").focus();
  element("join-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = element("name").value.trim();
    if (!name) return;
    sessionStorage.setItem(nameKey, name);
    enter(name);
  });
}

function enter(name) {
  room = new WaitingRoom({ hash, activity, name });
  room.addEventListener("state", ({ detail }) => became(detail));
  room.addEventListener("welcome", ({ detail }) => {
    isPaused = detail.paused;
    showIdentity(name);
    showPlace(detail);
  });
  room.addEventListener("waiter-count", ({ detail }) => showPlace({ ...detail, size: detail.count }));
  room.addEventListener("admission", ({ detail }) => {
    isPaused = detail.paused;
    element("estimate").textContent = isPaused ? "The host has paused entry." : "";
  });
  room.addEventListener("session-started", ({ detail }) => goLive(detail.sessionId, name));
  room.addEventListener("session-ended", () => leaveLive(live?.id));
  room.join();
}

function became({ state, reason }) {
  notify(notices[state]);
  if (state === "connecting") {
    show("waiting");
    element("place").textContent = "Finding your place…";
  }
  if (state === "waiting" && !live) show("waiting");
  if (state === "refused") refuse(reason);
}

function showPlace({ position, size, estimateMs }) {
  if (live) return;
  show("waiting");
  element("place").textContent = `You are ${ordinal(position)} of ${size}`;
  element("estimate").textContent = isPaused ? "The host has paused entry." : wait(estimateMs);
  document.title = `${ordinal(position)} of ${size} · Classroom`;
}

function wait(milliseconds) {
  if (milliseconds == null) return "";
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return "Less than a minute to go";
  return `About ${minutes} ${minutes === 1 ? "minute" : "minutes"} to go`;
}

function goLive(id, name) {
  if (live?.id === id) return;
  live?.session.stop();
  connection ??= new Anteroom({
    onState: (state) => live && notify(state === "reconnecting" ? "The connection was lost. Coming back…" : ""),
  }).connect();
  const session = connection.session(id);
  live = {
    id,
    session: session.follow({
      onDocument: showDocument,
      onEnd: () => leaveLive(id),
      onRefused: (error) => notify(`This class can't be followed: ${error.message}.`),
    }),
  };
  notify("");
  show("live");
  showIdentity(name);
  element("session-id").textContent = id;
  document.title = "Live · Classroom";
  // Tells the host who has arrived; saying it again after a reload changes nothing.
  session.patch({ here: { [room.participantId ?? name]: name } }).catch(() => {});
}

function showDocument({ message = "", here = {} }) {
  element("message").textContent = message;
  const count = Object.keys(here).length;
  element("class-size").textContent = count > 1 ? `${count} of you are here.` : "";
}

/** Whoever hears first that the class is over, the session or the room, brings the page back into the line. */
function leaveLive(id) {
  if (!live || live.id !== id) return;
  live.session.stop();
  live = undefined;
  element("message").textContent = "";
  show("waiting");
  room.join({ after: id });
}

function showIdentity(name) {
  element("own-name").textContent = name;
  element("own-id").textContent = room.participantId ?? "";
  element("identity").hidden = false;
}

function refuse(reason) {
  show(undefined);
  element("title").textContent = "This link doesn't lead anywhere";
  notify(`${reason || "The room can't be found."} Ask for a new link.`);
}

const titles = { join: "Welcome", waiting: "The class will begin soon", live: "Class is on" };

function show(section) {
  for (const id of ["join", "waiting", "live"]) element(id).hidden = id !== section;
  if (titles[section]) element("title").textContent = titles[section];
}

function notify(sentence = "") {
  element("notice").textContent = sentence;
  element("notice").hidden = !sentence;
}
