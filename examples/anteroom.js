/**
 * Anteroom in a browser: sessions and channels that resume where they were, and waiting rooms that keep your place.
 *
 * No dependency and no build step:
 *
 *     import { Anteroom, WaitingRoom } from "./anteroom.js";
 *
 * A connection that breaks is opened again by itself, after a time that is drawn at random so that a thousand pages
 * don't come back in the same moment. A subscription then shows its position and gets exactly what it missed, or is
 * told that it can't have it.
 *
 * @typedef {{epoch: string, offset: number}} Position What a page has seen of a channel.
 * @typedef {{offset?: number, data: any, info?: any, tags?: Record<string, string>}} Publication
 * @typedef {"subscribing" | "subscribed" | "ended"} SubscriptionState
 * @typedef {{state: SubscriptionState, recovered?: boolean, code?: number, reason?: string}} SubscriptionChange
 *   `recovered` is false when publications are missing: load what you show anew. Absent when nothing was to recover.
 */

/** Bounds of everything that waits or grows. Units: milliseconds, unless the name says otherwise. */
export const limits = Object.freeze({
  backoffMin: 300,
  backoffMax: 20_000,
  /** For an open socket, an answer, or the greeting of a room. Longer than that, and it counts as lost. */
  answer: 10_000,
  /** A connection that lived so long was a good one: its loss starts the range of the backoff anew. */
  steady: 10_000,
  /** How often a waiting page asks whether the other end is still there. */
  roomPing: 25_000,
  /** Commands that may wait for an answer or for the connection. */
  commandsMax: 256,
  /** Publications that may wait for a document that is being loaded; beyond it the document is loaded once more. */
  changesMax: 256,
  /** Publications of one page of the history: what the server gives at most. */
  pageMax: 300,
});

/**
 * The time before the next attempt: full jitter over a range that doubles.
 * @param {number} attempt 0 for the first one after a loss.
 * @param {() => number} random
 */
export function backoff(attempt, random = Math.random) {
  const range = Math.min(limits.backoffMax, limits.backoffMin * 2 ** Math.min(attempt, 16));
  return Math.min(limits.backoffMax, limits.backoffMin + random() * range);
}

/** Applies a JSON Merge Patch (RFC 7396) and returns the result; neither argument is changed. */
export function mergePatch(target, patch) {
  if (!isObject(patch)) return patch;
  const members = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), value));
  }
  return Object.fromEntries(members);
}

/** What the server refused, with its number; 0 when the connection was lost and the outcome is unknown. */
export class AnteroomError extends Error {
  /** @param {number} code @param {string} message @param {number} [retryAfter] Units: seconds. */
  constructor(code, message, retryAfter) {
    super(message);
    this.name = "AnteroomError";
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Worth another attempt: a lost connection, a failure inside, a token that ran out, a busy server. */
const temporary = new Set([0, 100, 109, 111]);
const sessionNotFound = 404;
const sessionEnded = 410;

/** One connection of the client protocol, shared by any number of subscriptions and sessions. */
export class Anteroom {
  #url = "";
  #token;
  #link;
  #isConnected = false;
  #lastID = 0;
  #pingSpan = 0;
  /** @type {Map<number, {resolve: Function, reject: Function, timer: any}>} */
  #asked = new Map();
  /** What was asked before the connection stood. It was never sent, so nothing can happen twice. */
  #queue = [];
  /** @type {Map<string, Subscription>} */
  #subscriptions = new Map();

  /**
   * @param {{token?: string | (() => string | Promise<string>), onState?: (state: LinkState) => void}} [options]
   *   In development nobody needs a token.
   */
  constructor({ token, onState = () => {} } = {}) {
    this.#token = token;
    this.#link = new Link({
      url: () => this.#url,
      onOpen: () => this.#introduce(),
      onMessage: (text) => text.split("\n").forEach((line) => line && this.#receive(JSON.parse(line))),
      onLost: () => this.#lost(),
      isFinal: ({ code }) => (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000),
      onState,
    });
  }

  /** Opens the connection and keeps it open until `close`. */
  connect(url = socketURL("/connection/websocket")) {
    this.#url = url;
    this.#link.open();
    return this;
  }

  /** Says goodbye for good. */
  close() {
    this.#link.close();
    this.#subscriptions.clear();
    for (const command of this.#queue.splice(0)) command.reject(new AnteroomError(0, "closed"));
  }

  /**
   * Follows a channel, across every reconnect.
   * @param {string} channel
   * @param {{onPublication: (publication: Publication) => void, onState?: (change: SubscriptionChange) => void,
   *   since?: Position}} options `since` resumes after what an earlier page has seen.
   * @returns {{position: Position | undefined, unsubscribe: () => void}}
   */
  subscribe(channel, { onPublication, onState = () => {}, since }) {
    if (this.#subscriptions.has(channel)) throw new AnteroomError(105, "already subscribed");
    const subscription = new Subscription(channel, { onPublication, onState, since });
    this.#subscriptions.set(channel, subscription);
    if (this.#isConnected) this.#open(subscription);
    return {
      get position() { return subscription.position; },
      unsubscribe: () => {
        if (this.#subscriptions.get(channel) !== subscription) return;
        this.#subscriptions.delete(channel);
        // The answer tells nothing new: nothing of the channel is delivered any more.
        if (this.#isConnected) this.#ask("unsubscribe", { channel }).catch(() => {});
      },
    };
  }

  /**
   * Calls a method of the server and returns its result; waits for the connection if there is none.
   * @returns {Promise<any>} Rejects with an `AnteroomError`.
   */
  rpc(method, data) {
    return this.#ask("rpc", { method, data }).then((reply) => reply.data);
  }

  /** The calls of one session; see README, "Sessions". */
  session(id) {
    const call = (method, more = {}) => this.rpc(`session.${method}`, { id, ...more });
    return {
      get: () => call("get"),
      /** @param {object} patch @param {{version?: number, key?: string}} [terms] version seen; idempotency key */
      patch: (patch, terms = {}) => call("patch", { patch, ...terms }),
      touch: () => call("touch"),
      end: () => call("end"),
      /**
       * Shows the document now and after each change.
       * @param {{onDocument: (document: any, version: number) => void, onEnd: (reason: string) => void,
       *   onRefused?: (error: AnteroomError) => void}} on `onRefused`: this page may not read the session.
       */
      follow: (on) => new FollowedSession(this, id, on),
    };
  }

  async #introduce() {
    try {
      const token = typeof this.#token === "function" ? await this.#token() : this.#token;
      const reply = await this.#send("connect", token ? { token } : {});
      this.#pingSpan = reply.ping ? reply.ping * 1000 + limits.answer : 0;
      this.#isConnected = true;
      this.#link.settled(this.#pingSpan);
      this.#subscriptions.forEach((subscription) => this.#open(subscription));
      for (const command of this.#queue.splice(0)) this.#deliver(command);
    } catch {
      // Refused or lost: a token may be newer at the next attempt, and a final refusal comes as a close code.
      this.#link.drop();
    }
  }

  #receive(reply) {
    this.#link.settled(this.#pingSpan || limits.answer);
    if (reply.id) {
      const asked = this.#asked.get(reply.id);
      this.#asked.delete(reply.id);
      clearTimeout(asked?.timer);
      if (reply.error) asked?.reject(new AnteroomError(reply.error.code, reply.error.message));
      else asked?.resolve(Object.entries(reply).find(([name]) => name !== "id")?.[1] ?? {});
    } else if (reply.push) {
      this.#pushed(reply.push);
    } else {
      this.#link.send("{}");
    }
  }

  #pushed({ channel, pub, unsubscribe }) {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    if (pub) subscription.take(pub);
    if (!unsubscribe) return;
    // From 2500 on the position is to be shown again; below, the subscription is over.
    if (unsubscribe.code >= 2500) this.#open(subscription);
    else this.#end(subscription, unsubscribe);
  }

  async #open(subscription) {
    subscription.tell({ state: "subscribing" });
    const { channel } = subscription;
    const stillWanted = () => this.#subscriptions.get(channel) === subscription && this.#isConnected;
    try {
      const reply = await this.#send("subscribe", subscription.request());
      if (reply.not_recovered?.reason === "limit") await this.#catchUp(subscription, reply, stillWanted);
      else subscription.opened(reply);
    } catch (error) {
      if (!stillWanted()) return;
      if (!temporary.has(error.code)) return this.#end(subscription, { code: error.code, reason: error.message });
      setTimeout(() => stillWanted() && this.#open(subscription), backoff(subscription.attempts++));
    }
  }

  /**
   * Fetches in pages what was too much for one answer. Publications that come meanwhile are only counted: they are in
   * the pages, too.
   */
  async #catchUp(subscription, reply, stillWanted) {
    const { channel } = subscription;
    subscription.target = reply.offset ?? 0;
    try {
      while (stillWanted() && subscription.position.offset < subscription.target) {
        const { publications = [] } = await this.#send("history", {
          channel, limit: limits.pageMax, since: subscription.position,
        });
        // Trimmed while it was being fetched.
        if (publications[0]?.offset !== subscription.position.offset + 1) throw new AnteroomError(112, "trimmed");
        publications.forEach((publication) => subscription.advance(publication));
      }
      subscription.target = undefined;
      const { epoch, offset } = subscription.position;
      if (stillWanted()) subscription.opened({ epoch, offset, was_recovering: true, recovered: true });
    } catch (error) {
      const offset = subscription.target;
      subscription.target = undefined;
      if (!stillWanted()) return;
      // It is subscribed already and would be refused a second time: the next connection starts over.
      if (temporary.has(error.code)) return this.#link.drop();
      // No pages for this page, or not all of them: it goes on from here, and is told what it would have been told anyway.
      subscription.opened({ ...reply, offset });
    }
  }

  #end(subscription, { code, reason }) {
    this.#subscriptions.delete(subscription.channel);
    subscription.tell({ state: "ended", code, reason });
  }

  #ask(method, parameters) {
    return new Promise((resolve, reject) => {
      const command = { method, parameters, resolve, reject };
      if (this.#isConnected) return this.#deliver(command);
      if (this.#queue.length >= limits.commandsMax) return reject(new AnteroomError(111, "too many requests"));
      this.#queue.push(command);
    });
  }

  #deliver({ method, parameters, resolve, reject }) {
    this.#send(method, parameters).then(resolve, reject);
  }

  #send(method, parameters) {
    return new Promise((resolve, reject) => {
      if (this.#asked.size >= limits.commandsMax) return reject(new AnteroomError(111, "too many requests"));
      const id = ++this.#lastID;
      const timer = setTimeout(() => this.#link.drop(), limits.answer);
      this.#asked.set(id, { resolve, reject, timer });
      this.#link.send(JSON.stringify({ id, [method]: parameters }));
    });
  }

  #lost() {
    this.#isConnected = false;
    this.#pingSpan = 0;
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new AnteroomError(0, "the connection was lost: the outcome is unknown"));
    }
    this.#asked.clear();
    this.#subscriptions.forEach((subscription) => subscription.tell({ state: "subscribing" }));
  }
}

/** A channel as one page follows it. */
class Subscription {
  attempts = 0;
  /** The newest offset while what lies before it is fetched in pages. */
  target;
  #state = "";

  constructor(channel, { onPublication, onState, since }) {
    this.channel = channel;
    this.position = since;
    this.onPublication = onPublication;
    this.onState = onState;
  }

  request() {
    const wish = { channel: this.channel, recoverable: true, positioned: true };
    return this.position ? { ...wish, recover: true, ...this.position } : wish;
  }

  opened({ epoch, offset = 0, was_recovering: wasRecovering, recovered, publications = [] }) {
    this.attempts = 0;
    const isWhole = !wasRecovering || recovered === true;
    // When it is recovered, the publications lead on from the position that was shown.
    if (epoch !== undefined) this.position = { epoch, offset };
    this.tell({ state: "subscribed", ...(wasRecovering ? { recovered: isWhole } : {}) });
    publications.forEach((publication) => this.take(publication));
  }

  take(publication) {
    if (this.target === undefined || publication.offset === undefined) return this.advance(publication);
    this.target = Math.max(this.target, publication.offset);
  }

  advance(publication) {
    if (publication.offset !== undefined && this.position) {
      if (publication.offset <= this.position.offset) return;
      this.position = { epoch: this.position.epoch, offset: publication.offset };
    }
    this.onPublication(publication);
  }

  tell(change) {
    if (change.state === "subscribing" && this.#state === "subscribing") return;
    this.#state = change.state;
    this.onState(change);
  }
}

/** The document of a session, kept up to date: subscribed first and read then, so that no change falls in between. */
class FollowedSession {
  #anteroom;
  #id;
  #on;
  #subscription;
  #version = 0;
  #document;
  #isLoading = false;
  #isOver = false;
  #attempts = 0;
  /** Changes that came while the document was being loaded, and whether there were too many to keep. */
  #waiting = [];
  #isStale = false;

  constructor(anteroom, id, { onDocument, onEnd, onRefused = () => {} }) {
    this.#anteroom = anteroom;
    this.#id = id;
    this.#on = { onDocument, onEnd, onRefused };
    this.#subscription = anteroom.subscribe(`session:${id}`, {
      onPublication: ({ data }) => this.#take(data),
      onState: ({ state, recovered, code, reason }) => {
        if (state === "ended") this.#failed(new AnteroomError(code, reason ?? "ended"));
        // Without a document there is nothing that the publications could lead on from.
        if (state === "subscribed" && (recovered !== true || this.#version === 0)) this.#load();
      },
    });
  }

  /** Stops following; the session goes on. */
  stop() {
    this.#isOver = true;
    this.#subscription.unsubscribe();
  }

  async #load() {
    if (this.#isLoading || this.#isOver) return;
    this.#isLoading = true;
    try {
      const session = await this.#anteroom.rpc("session.get", { id: this.#id });
      this.#isLoading = false;
      if (this.#isOver) return;
      this.#attempts = 0;
      this.#show(session.document, session.version);
      if (this.#isStale) {
        this.#isStale = false;
        this.#waiting = [];
        return this.#load();
      }
      this.#waiting.splice(0).forEach((change) => this.#take(change));
    } catch (error) {
      this.#isLoading = false;
      if (!temporary.has(error.code)) this.#failed(error);
      else if (!this.#isOver) setTimeout(() => this.#load(), backoff(this.#attempts++));
    }
  }

  #failed(error) {
    if (this.#isOver) return;
    if (error.code === sessionEnded || error.code === sessionNotFound) return this.#end("ended");
    this.stop();
    this.#on.onRefused(error);
  }

  #take(change) {
    if (this.#isOver) return;
    if (change.type === "session.end") return this.#end(change.reason ?? "ended");
    if (this.#isLoading || this.#version === 0) {
      if (this.#waiting.length < limits.changesMax) this.#waiting.push(change);
      else this.#isStale = true;
      return;
    }
    if (change.version <= this.#version) return;
    if (change.type === "session.put") return this.#show(change.document, change.version);
    if (change.version === this.#version + 1) this.#show(mergePatch(this.#document, change.patch), change.version);
    else this.#load();
  }

  #show(document, version) {
    this.#document = document;
    this.#version = version;
    this.#on.onDocument(document, version);
  }

  #end(reason) {
    if (this.#isOver) return;
    this.stop();
    this.#on.onEnd(reason);
  }
}

/**
 * @typedef {"idle" | "connecting" | "waiting" | "reconnecting" | "live" | "replaced" | "refused" | "closed"} RoomState
 *   `replaced`: the same participant came with a newer page, which has the place now.
 */

/**
 * A place in the waiting room of one permanent link. The events are the server's messages, by their `type`, with the
 * message as `detail`: `welcome`, `waiter-count`, `session-started`, `session-ended`, `teacher-authenticated`,
 * `teacher-code-error`, `admission`; and `state` with `{state, reason?}`.
 *
 * Identity and place are kept in `sessionStorage`: a reload of the tab, or a server that was away, costs nothing.
 */
export class WaitingRoom extends EventTarget {
  #terms;
  #link;
  #state = "idle";
  #pinger;
  /** A session that is known to have ended; the room may still name it for a moment. */
  #over;
  #started;

  /**
   * @param {{hash: string, activity: string, name?: string, isHost?: boolean, url?: string, storage?: Storage}} terms
   *   A host watches the line without standing in it.
   */
  constructor({ hash, activity, name, isHost = false, url, storage = sessionStorage }) {
    super();
    url ??= socketURL("/ws/persistent-session");
    this.#terms = { hash, activity, name, isHost, url, storage };
    this.#link = new Link({
      url: () => this.#address(),
      onOpen: () => this.dispatchEvent(new Event("open")),
      onMessage: (text) => this.#receive(JSON.parse(text)),
      onLost: () => {
        clearInterval(this.#pinger);
        this.dispatchEvent(new Event("lost"));
      },
      isFinal: (end) => this.#isFinal(end),
      onState: (state, end) => this.#linkBecame(state, end),
    });
  }

  /** @returns {RoomState} */
  get state() { return this.#state; }

  /** Who this page is to the room; nil before the first welcome. */
  get participantId() { return this.#terms.storage.getItem(this.#key("id")); }

  /**
   * Takes a place in the line, or the kept one again.
   * @param {{after?: string}} [from] the session that just ended, which the room may not have heard of yet.
   */
  join({ after } = {}) {
    this.#over = after ?? this.#over;
    this.#started = undefined;
    this.#become(this.#link.isOpen ? "waiting" : "connecting");
    this.#link.open();
  }

  /** Gives the place up. */
  close() {
    this.#tell({ type: "leave" });
    this.#link.close();
    this.#become("closed");
  }

  /** Starts the session, or finds the one that runs. @returns {Promise<{sessionId: string}>} */
  verifyTeacherCode(teacherCode) {
    return this.#request({ type: "verify-teacher-code", teacherCode }, "teacher-authenticated", "teacher-code-error");
  }

  /** Ends the session; everybody is sent back to waiting. */
  end() { return this.#request({ type: "end-session" }, "session-ended", "teacher-code-error"); }
  /** Lets the first ones in. */
  admit(count) { return this.#tell({ type: "admit", count }); }
  /** Nobody is let in until `resume`. */
  pause() { return this.#tell({ type: "pause" }); }
  resume() { return this.#tell({ type: "resume" }); }

  /**
   * Makes a permanent link; the cookie that comes with it makes this browser its teacher.
   * @param {{activity: string, code: string, options?: Record<string, string>, entryPolicy?: string}} link
   * @returns {Promise<{url: string, hash: string}>}
   */
  static create({ activity, code, options, entryPolicy }) {
    const body = { activityName: activity, teacherCode: code, selectedOptions: options, entryPolicy };
    return request("create", { method: "POST", body });
  }

  /** What somebody who opens the link meets. */
  static entry({ hash, activity }) {
    return request(`${encodeURIComponent(hash)}/entry?activityName=${encodeURIComponent(activity)}`);
  }

  /** Makes this browser a teacher of a link that was made elsewhere. */
  static authenticate({ hash, activity, code }) {
    return request("authenticate", { method: "POST", body: { activityName: activity, hash, teacherCode: code } });
  }

  /** The links that this browser is a teacher of. */
  static async links() { return (await request("list")).sessions; }

  #address() {
    const { hash, activity, name, isHost, url, storage } = this.#terms;
    const address = new URL(url);
    address.search = new URLSearchParams({ hash, activityName: activity }).toString();
    const token = storage.getItem(this.#key("token"));
    if (token) address.searchParams.set("participant", token);
    if (name) address.searchParams.set("name", name);
    if (isHost) address.searchParams.set("role", "teacher");
    return address.href;
  }

  #key(what) {
    const { activity, hash, isHost } = this.#terms;
    return `anteroom:${activity}:${hash}:${isHost ? "host" : "place"}:${what}`;
  }

  #receive(message) {
    this.#link.settled(limits.roomPing + limits.answer);
    if (message.type === "pong") return;
    if (message.type === "welcome") this.#welcomed(message);
    if (message.type === "session-started" || message.type === "teacher-authenticated") {
      this.#started = message.sessionId;
      if (message.sessionId === this.#over) return;
      this.#become("live");
    }
    if (message.type === "session-ended") {
      this.#over = this.#started ?? this.#over;
      this.#become("waiting");
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  #welcomed({ participantToken, participantId }) {
    if (participantToken) this.#terms.storage.setItem(this.#key("token"), participantToken);
    if (participantId) this.#terms.storage.setItem(this.#key("id"), participantId);
    clearInterval(this.#pinger);
    this.#pinger = setInterval(() => this.#tell({ type: "ping" }), limits.roomPing);
    // A host who came back to a live room only to say something is not waiting.
    if (this.#state !== "live") this.#become("waiting");
  }

  #isFinal({ code }) {
    // A room that still names the session that has just ended will open in a moment.
    if (code === 1000) return this.#started !== undefined && this.#started !== this.#over;
    return code === 1008 || code === 4000;
  }

  #linkBecame(state, end) {
    if (state === "reconnecting") this.#become("reconnecting");
    if (state !== "closed" || !end) return;
    if (end.code === 4000) this.#become("replaced");
    if (end.code === 1008) this.#become("refused", end.reason);
  }

  #become(state, reason) {
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, reason } }));
  }

  /** @returns {boolean} false when nobody is there to hear it. */
  #tell(message) { return this.#link.send(JSON.stringify(message)); }

  /**
   * Sends a message and waits for what answers it. Without a connection it is sent as soon as there is one, for which a
   * room that is closed because it is live is opened again; what was sent once is never sent again.
   */
  #request(message, success, failure) {
    return new Promise((resolve, reject) => {
      let isSent = false;
      const send = () => { isSent ||= this.#tell(message); };
      const done = new AbortController();
      const finish = (action, value) => { clearTimeout(timer); done.abort(); action(value); };
      // A room that went live on the way is what whoever wanted to start it asked for.
      const isDone = () => success === "teacher-authenticated" && this.#state === "live";
      const lost = () => (isDone()
        ? finish(resolve, { sessionId: this.#started })
        : finish(reject, new AnteroomError(0, isSent ? "no answer: the outcome is unknown" : "not connected")));
      const timer = setTimeout(lost, limits.answer);
      const on = (type, action) => this.addEventListener(type, action, { signal: done.signal });
      on(success, ({ detail }) => finish(resolve, detail));
      on(failure, ({ detail }) => finish(reject, new AnteroomError(403, detail.error)));
      on("lost", () => isSent && lost());
      on("open", send);
      send();
      if (["idle", "replaced", "refused", "closed"].includes(this.#state)) lost();
      else this.#link.open();
    });
  }
}

/** @typedef {"connecting" | "open" | "reconnecting" | "closed"} LinkState */

/** A WebSocket that is opened again until somebody closes it for good. */
class Link {
  #on;
  #socket;
  #attempts = 0;
  #openedAt = Infinity;
  #retry;
  #deadline;

  constructor(on) {
    this.#on = on;
    // A laptop that wakes up, or finds its network again, need not wait for the next attempt.
    globalThis.addEventListener?.("online", () => this.#retry && this.#start());
  }

  /** Opens it if it is closed; does now what else would be done later. */
  open() {
    if (this.#socket) return;
    if (this.#retry) return this.#start();
    this.#attempts = 0;
    this.#on.onState("connecting");
    this.#start();
  }

  close() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const socket = this.#forget();
    socket?.close(1000);
    if (socket) this.#on.onLost();
    this.#on.onState("closed");
  }

  get isOpen() { return this.#socket?.readyState === WebSocket.OPEN; }

  /** Takes the connection for lost. */
  drop() {
    const socket = this.#forget();
    if (!socket) return;
    socket.close();
    this.#ended({ code: 1006, reason: "" });
  }

  send(text) {
    if (!this.isOpen) return false;
    this.#socket.send(text);
    return true;
  }

  /** The other end lives; it counts as lost after a silence of `span`, unless that is 0. */
  settled(span) {
    clearTimeout(this.#deadline);
    if (span > 0) this.#deadline = setTimeout(() => this.drop(), span);
  }

  #start() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const socket = new WebSocket(this.#on.url());
    const isCurrent = () => socket === this.#socket;
    this.#socket = socket;
    this.#openedAt = Infinity;
    this.#deadline = setTimeout(() => this.drop(), limits.answer);
    socket.onopen = () => {
      if (!isCurrent()) return;
      this.#openedAt = performance.now();
      this.#on.onState("open");
      this.#on.onOpen();
    };
    socket.onmessage = ({ data }) => isCurrent() && this.#on.onMessage(data);
    socket.onclose = ({ code, reason }) => {
      if (!isCurrent()) return;
      this.#forget();
      this.#ended({ code, reason });
    };
  }

  #forget() {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#deadline);
    return socket;
  }

  #ended(end) {
    if (performance.now() - this.#openedAt >= limits.steady) this.#attempts = 0;
    const isFinal = this.#on.isFinal(end);
    this.#on.onLost();
    if (isFinal) return this.#on.onState("closed", end);
    this.#retry = setTimeout(() => this.#start(), backoff(this.#attempts++));
    this.#on.onState("reconnecting", end);
  }
}

async function request(path, { method = "GET", body } = {}) {
  const answer = await fetch(`/api/persistent-session/${path}`, {
    method,
    credentials: "same-origin",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  // A body that is no JSON says nothing; the status does.
  const document = await answer.json().catch(() => ({}));
  if (answer.ok) return document;
  const sentence = document.error ?? document.detail ?? document.title ?? `The server answered ${answer.status}.`;
  throw new AnteroomError(answer.status, sentence, Number(answer.headers.get("Retry-After")) || undefined);
}

function socketURL(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return url.href;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
