'use strict';
/** What is on the map: trackers where they were last, with their ways, and geofences with who is inside. Knows no page and no network. */
/* exported World */
class World {
  static COLOURS = ['#d9480f', '#0b7285', '#862e9c', '#2b8a3e', '#c2255c', '#5f3dc4', '#a87900', '#1864ab'];
  static SAID = { enter: 'entered', exit: 'left', dwell: 'stays at', crossed: 'passed', inside_start: 'is at' };
  /** Places of one way. */
  static MOST_WAY = 5_000;

  trackers = new Map();
  fences = new Map();
  /** Trackers so far: each has a colour of its own turn, also where others went. */
  coloured = 0;

  /** Takes what `GET /location/latest` says; who is not in it is gone. @returns the trackers that were not known */
  seen(latest) {
    const fresh = [];
    const there = new Set();
    for (const one of latest) {
      there.add(one.trackerId);
      const known = this.trackers.get(one.trackerId);
      if (known) {
        known.name = one.name;
        this.moved(one);
        continue;
      }
      const colour = World.COLOURS[this.coloured++ % World.COLOURS.length];
      const tracker = { id: one.trackerId, name: one.name, colour, way: [] };
      World.#place(tracker, one);
      this.trackers.set(tracker.id, tracker);
      fresh.push(tracker);
    }
    for (const id of this.trackers.keys()) if (!there.has(id)) this.trackers.delete(id);
    return fresh;
  }

  /** Takes what `GET /geofences` says; who was inside of one stays so. */
  drawn(fences) {
    const before = this.fences;
    this.fences = new Map(fences.map((it) => [it.id, { ...it, inside: before.get(it.id)?.inside ?? new Set() }]));
  }

  /** A newer position of a tracker that is known. @returns whether it is one */
  moved(position) {
    const tracker = this.trackers.get(position.trackerId);
    if (!tracker || position.fixTime <= tracker.fixTime) return false;
    World.#place(tracker, position);
    tracker.way.push(tracker.at);
    if (tracker.way.length > World.MOST_WAY) tracker.way.shift();
    return true;
  }

  /** @returns what happened in words; null for what is not on the map */
  happened({ trackerId, geofenceId, type }) {
    const [tracker, fence] = [this.trackers.get(trackerId), this.fences.get(geofenceId)];
    if (!tracker || !fence) return null;
    if (type === 'exit') fence.inside.delete(trackerId);
    else if (type !== 'crossed') fence.inside.add(trackerId);
    return `${tracker.name} ${World.SAID[type]} ${fence.name}`;
  }

  /** Every place that there is, so that all of it can be shown. */
  places() {
    return [
      ...[...this.trackers.values()].flatMap(({ at, way }) => [at, ...way]),
      ...[...this.fences.values()].flatMap(({ shape }) => World.edge(shape)),
    ];
  }

  /** Places at the edge of a shape. */
  static edge(shape) {
    if (shape.type === 'Polygon') return shape.coordinates[0];
    if (shape.type === 'corridor') return shape.coordinates;
    const [lng, lat] = shape.center;
    const high = shape.radius / 111_320;
    const wide = high / Math.cos((lat * Math.PI) / 180);
    return [
      [lng - wide, lat - high],
      [lng + wide, lat + high],
    ];
  }

  static #place(tracker, { fixTime, lat, lng, speed, course }) {
    Object.assign(tracker, { fixTime, speed, course, at: [lng, lat] });
  }
}
