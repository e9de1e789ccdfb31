'use strict';
/* global Drawing, World, io */
/** Reads what there is, follows it over the socket and keeps the drawing and the lists beside it up to date. */
const HOUR = 3_600_000;
/** What is new is looked for again after so long (milliseconds). */
const AGAIN = 10_000;
const element = (id) => document.getElementById(id);
const drawing = new Drawing(element('map'));
const world = new World();
let token = new URLSearchParams(location.hash.slice(1)).get('token');
let chosen = null;
let socket = null;
/** Somebody looks at a part of the map: what is new does not move it away. */
let looking = false;

async function call(path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail || said.title);
  return said;
}

async function all(path) {
  const rows = [];
  for (let cursor = ''; cursor !== null;) {
    const { data, page } = await call(`${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    rows.push(...data);
    cursor = page.nextCursor;
  }
  return rows;
}

/** The track of the last day; a tracker that told more than can be shown at once has none. */
async function readWay(tracker) {
  const from = new Date(Date.parse(tracker.fixTime) - 24 * HOUR).toISOString();
  const to = new Date(Date.parse(tracker.fixTime) + 1).toISOString();
  const query = `trackerId=${tracker.id}&from=${from}&to=${to}&tolerance=3`;
  const { points } = await call(`/location/history?${query}`).catch(() => ({ points: [] }));
  // What came live meanwhile is at its end.
  tracker.way = [...points.map(({ lng, lat }) => [lng, lat]), ...tracker.way];
}

/** Reads what there is. Trackers that are new are followed, and their ways are read. */
async function read() {
  const [latest, drawn] = await Promise.all([all('/location/latest'), all('/geofences')]);
  world.drawn(drawn);
  const fresh = world.seen(latest);
  if (socket?.connected) await subscribe(fresh);
  // A few at a time: the page is no load test.
  const waiting = [...fresh];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await readWay(next);
    }),
  );
  return fresh;
}

/** Trackers whose first position came after the page, and fences that were drawn since. */
async function readAgain() {
  try {
    const fresh = document.hidden ? [] : await read();
    if (fresh.length > 0 && !looking) everything();
    show();
  } catch (error) {
    say(error.message, false);
  }
  setTimeout(readAgain, AGAIN);
}

function say(text, live) {
  const line = element('line');
  line.textContent = text;
  line.toggleAttribute('data-live', live);
}

async function subscribe(followed) {
  const ids = followed.map(({ id }) => id);
  for (let from = 0; from < ids.length; from += 500)
    await socket.emitWithAck('subscribe', { trackerIds: ids.slice(from, from + 500) });
}

function follow() {
  socket = io('/tracking', { auth: { token }, transports: ['websocket'] });
  socket.on('connect', async () => {
    await subscribe([...world.trackers.values()]);
    say('live', true);
  });
  socket.on('disconnect', () => say('not connected', false));
  socket.on('connect_error', (error) => say(error.message, false));
  socket.on('position', (position) => {
    if (world.moved(position)) show();
  });
  socket.on('geofence', (event) => {
    const said = world.happened(event);
    if (said === null) return;
    const row = document.createElement('li');
    const when = document.createElement('small');
    when.textContent = new Date(event.at).toLocaleTimeString();
    row.append(said, when);
    element('events').prepend(row);
    while (element('events').children.length > 50) element('events').lastChild.remove();
    show();
  });
}

/** A row with a dot, a name and a note; rows are kept, so that the focus stays where it is. */
function listed(list, id, { colour, name, note }, choose) {
  let row = list.querySelector(`[data-id="${id}"]`);
  if (!row) {
    row = document.createElement('li');
    row.dataset.id = id;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(document.createElement('i'), document.createElement('b'), document.createElement('small'));
    button.addEventListener('click', choose);
    row.append(button);
    list.append(row);
  }
  const [dot, title, small] = row.firstChild.children;
  dot.style.background = colour;
  title.textContent = name;
  small.textContent = note;
}

/** Rows of what is there no longer go. */
function unlist(list, there) {
  for (const row of list.querySelectorAll('[data-id]')) if (!there.has(row.dataset.id)) row.remove();
}

const kmh = (speed) => (speed === null ? '' : `${Math.round(speed * 3.6)} km/h`);

function show() {
  const { trackers, fences } = world;
  drawing.world = {
    trackers: [...trackers.values()].map((it) => ({ ...it, chosen: it.id === chosen })),
    fences: [...fences.values()].map((it) => ({ ...it, busy: it.inside.size > 0 })),
  };
  drawing.redraw();
  unlist(element('trackers'), trackers);
  for (const { id, ...tracker } of trackers.values())
    listed(element('trackers'), id, { ...tracker, note: kmh(tracker.speed) }, () => {
      const { at, way } = world.trackers.get(id);
      chosen = id;
      looking = true;
      drawing.fit([at, ...way]);
      show();
    });
  unlist(element('fences'), fences);
  for (const { id, name, inside } of fences.values())
    listed(
      element('fences'),
      id,
      { colour: 'var(--accent)', name, note: inside.size > 0 ? `${inside.size} inside` : '' },
      () => {
        looking = true;
        drawing.fit(World.edge(world.fences.get(id).shape));
      },
    );
  element('nobody').hidden = trackers.size > 0;
  element('unfenced').hidden = fences.size > 0;
  element('quiet').hidden = element('events').children.length > 0;
}

const everything = () => drawing.fit(world.places());

async function begin() {
  element('enter').hidden = true;
  element('seen').hidden = false;
  try {
    await read();
  } catch (error) {
    element('enter').hidden = false;
    element('seen').hidden = true;
    element('fault').textContent = error.message;
    return;
  }
  everything();
  show();
  follow();
  setTimeout(readAgain, AGAIN);
}

element('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  try {
    ({ accessToken: token } = await call('/auth/login', { email, password }));
    if (!token)
      throw new Error('This account asks for a second factor: open the page with #token= and an access token.');
    await begin();
  } catch (error) {
    element('fault').textContent = error.message;
  }
});

function zoom(factor, at) {
  looking = true;
  drawing.zoom(factor, at);
}

function move(dx, dy) {
  looking = true;
  drawing.move(dx, dy);
}

function showAll() {
  looking = false;
  everything();
}

const ACTS = { in: () => zoom(1.6), out: () => zoom(1 / 1.6), all: showAll };
element('tools').addEventListener('click', ({ target }) => ACTS[target.dataset.do]?.());
const canvas = element('map');
canvas.addEventListener(
  'wheel',
  (event) => {
    event.preventDefault();
    zoom(2 ** (-event.deltaY / 400), [event.offsetX, event.offsetY]);
  },
  { passive: false },
);
canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
canvas.addEventListener('pointermove', (event) => {
  if (canvas.hasPointerCapture(event.pointerId)) move(event.movementX, event.movementY);
});
canvas.addEventListener('keydown', ({ key }) => {
  const by = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key];
  if (by) move(...by);
  else if (key === '+' || key === '=') ACTS.in();
  else if (key === '-') ACTS.out();
  else if (key === '0') showAll();
});

drawing.redraw();
if (token) {
  // Not in the history of the browser any longer.
  history.replaceState(null, '', location.pathname);
  void begin();
}
