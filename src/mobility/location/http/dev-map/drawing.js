'use strict';
/** Draws trackers, tracks and geofences on a canvas, in Web Mercator with a graticule. Needs no tiles, and so no network. */
/* exported Drawing */
class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext('2d');
    /** Centre in world units (0 to 1), and pixels of the whole world. */
    this.view = { x: 0.5, y: 0.5, size: 1024 };
    this.world = { trackers: [], fences: [] };
    this.asked = false;
    new ResizeObserver(() => this.redraw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
  }

  static worldOf([lng, lat]) {
    const sine = Math.min(Math.max(Math.sin((lat * Math.PI) / 180), -0.9999), 0.9999);
    return [lng / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
  }

  static placeOf([x, y]) {
    return [(x - 0.5) * 360, (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI];
  }

  /** Pixels of a [lng, lat]; of several copies of the world the nearest. */
  pixel(place) {
    const [east, y] = Drawing.worldOf(place);
    const x = east - Math.round(east - this.view.x);
    return [this.width / 2 + (x - this.view.x) * this.view.size, this.height / 2 + (y - this.view.y) * this.view.size];
  }

  get width() {
    return this.canvas.clientWidth;
  }
  get height() {
    return this.canvas.clientHeight;
  }

  /** Pixels of a metre at a latitude. */
  scale(lat) {
    return this.view.size / (40_075_017 * Math.cos((lat * Math.PI) / 180));
  }

  move(dx, dy) {
    this.view.x = (this.view.x - dx / this.view.size + 1) % 1;
    this.view.y = Math.min(Math.max(this.view.y - dy / this.view.size, 0), 1);
    this.redraw();
  }

  /** Zooms about a pixel, which stays where it is. */
  zoom(factor, at = [this.width / 2, this.height / 2]) {
    const before = this.view.size;
    this.view.size = Math.min(Math.max(before * factor, 256), 256 * 2 ** 21);
    const [dx, dy] = [at[0] - this.width / 2, at[1] - this.height / 2];
    this.view.x += dx / before - dx / this.view.size;
    this.view.y += dy / before - dy / this.view.size;
    this.redraw();
  }

  /** Shows all of these places. */
  fit(places) {
    if (places.length === 0) return;
    const first = Drawing.worldOf(places[0])[0];
    const all = places.map(Drawing.worldOf).map(([x, y]) => [x - Math.round(x - first), y]);
    const [west, east] = [Math.min(...all.map(([x]) => x)), Math.max(...all.map(([x]) => x))];
    const [north, south] = [Math.min(...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y))];
    const size = 0.8 * Math.min(this.width / (east - west), this.height / (south - north));
    this.view = { x: (west + east) / 2, y: (north + south) / 2, size: Math.min(Math.max(size, 256), 256 * 2 ** 17) };
    this.redraw();
  }

  redraw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    const ratio = devicePixelRatio || 1;
    this.canvas.width = this.width * ratio;
    this.canvas.height = this.height * ratio;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.documentElement);
    this.ink = (name) => style.getPropertyValue(`--${name}`).trim();
    this.graticule();
    for (const fence of this.world.fences) this.fence(fence);
    for (const tracker of this.world.trackers) this.track(tracker);
    for (const tracker of this.world.trackers) this.vehicle(tracker);
    this.ruler();
  }

  /** Meridians and parallels at a round distance, named in degrees. */
  graticule() {
    const { pen } = this;
    const degrees = (110 * 360) / this.view.size;
    const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45];
    const step = steps.find((one) => one >= degrees) ?? 45;
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    const corner = (x, y) =>
      Drawing.placeOf([
        this.view.x + (x - this.width / 2) / this.view.size,
        this.view.y + (y - this.height / 2) / this.view.size,
      ]);
    const [west, north] = corner(0, 0);
    const [east, south] = corner(this.width, this.height);
    pen.strokeStyle = this.ink('grid');
    pen.fillStyle = this.ink('soft');
    pen.font = '11px system-ui, sans-serif';
    pen.lineWidth = 1;
    const name = (value, signs) => `${Math.abs(value).toFixed(digits)}° ${value < 0 ? signs[1] : signs[0]}`;
    const wrap = (lng) => ((((lng + 180) % 360) + 360) % 360) - 180;
    for (let n = Math.ceil(west / step); n * step <= east; n++) {
      const x = this.width / 2 + ((n * step) / 360 + 0.5 - this.view.x) * this.view.size;
      this.line([
        [x, 0],
        [x, this.height],
      ]);
      pen.fillText(name(wrap(n * step), 'EW'), x + 4, this.height - 8);
    }
    for (let n = Math.ceil(Math.max(south, -85) / step); n * step <= Math.min(north, 85); n++) {
      const y = this.height / 2 + (Drawing.worldOf([0, n * step])[1] - this.view.y) * this.view.size;
      this.line([
        [0, y],
        [this.width, y],
      ]);
      pen.fillText(name(n * step, 'NS'), this.width - 70, y - 4);
    }
  }

  line(pixels) {
    this.pen.beginPath();
    pixels.forEach(([x, y], index) => (index === 0 ? this.pen.moveTo(x, y) : this.pen.lineTo(x, y)));
    this.pen.stroke();
  }

  fence({ name, shape, busy }) {
    const { pen } = this;
    pen.strokeStyle = this.ink('accent');
    pen.fillStyle = `color-mix(in srgb, ${this.ink('accent')} ${busy ? 26 : 11}%, transparent)`;
    pen.lineWidth = busy ? 3 : 1.5;
    pen.lineJoin = pen.lineCap = 'round';
    let at;
    pen.beginPath();
    if (shape.type === 'circle') {
      at = this.pixel(shape.center);
      pen.arc(...at, Math.max(shape.radius * this.scale(shape.center[1]), 2), 0, 2 * Math.PI);
    } else if (shape.type === 'Polygon') {
      for (const ring of shape.coordinates) {
        ring
          .map((it) => this.pixel(it))
          .forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
        pen.closePath();
      }
      at = this.pixel(shape.coordinates[0].reduce((top, it) => (it[1] > top[1] ? it : top)));
    } else {
      pen.save();
      pen.strokeStyle = pen.fillStyle;
      pen.lineWidth = Math.max(shape.width * this.scale(shape.coordinates[0][1]), 3);
      this.line(shape.coordinates.map((it) => this.pixel(it)));
      pen.restore();
      at = this.pixel(shape.coordinates[0]);
      return this.label(name, at[0], at[1] - 12, this.ink('accent'));
    }
    pen.fill('evenodd');
    pen.stroke();
    this.label(name, at[0], at[1] - 8, this.ink('accent'));
  }

  track({ colour, way }) {
    const { pen } = this;
    if (way.length < 2) return;
    pen.strokeStyle = colour;
    pen.globalAlpha = 0.55;
    pen.lineWidth = 3;
    pen.lineJoin = pen.lineCap = 'round';
    this.line(way.map(([lng, lat]) => this.pixel([lng, lat])));
    pen.globalAlpha = 1;
  }

  /** An arrow in the direction of travel, a dot for one whose direction is unknown. */
  vehicle({ name, at, course, speed, colour, chosen }) {
    if (!at) return;
    const { pen } = this;
    const [x, y] = this.pixel(at);
    pen.save();
    pen.translate(x, y);
    pen.fillStyle = colour;
    pen.strokeStyle = this.ink('card');
    pen.lineWidth = 2.5;
    pen.beginPath();
    if (course === null || (speed ?? 0) < 0.5) pen.arc(0, 0, chosen ? 9 : 7, 0, 2 * Math.PI);
    else {
      pen.rotate((course * Math.PI) / 180);
      if (chosen) pen.scale(1.25, 1.25);
      pen.moveTo(0, -12);
      pen.lineTo(8, 9);
      pen.lineTo(0, 5);
      pen.lineTo(-8, 9);
      pen.closePath();
    }
    pen.stroke();
    pen.fill();
    pen.restore();
    this.label(name, x, y - 17, this.ink('ink'));
  }

  label(text, x, y, colour) {
    const { pen } = this;
    pen.font = '600 12px system-ui, sans-serif';
    pen.textAlign = 'center';
    pen.lineWidth = 4;
    pen.strokeStyle = this.ink('land');
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
    pen.textAlign = 'start';
  }

  ruler() {
    const { pen } = this;
    const [, lat] = Drawing.placeOf([0, this.view.y]);
    const scale = this.scale(lat);
    const most = 140 / scale;
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((one) => one * power).find((one) => one <= most);
    const [x, y] = [16, this.height - 34];
    pen.strokeStyle = pen.fillStyle = this.ink('ink');
    pen.lineWidth = 2;
    this.line([
      [x, y - 5],
      [x, y],
      [x + metres * scale, y],
      [x + metres * scale, y - 5],
    ]);
    pen.font = '12px system-ui, sans-serif';
    pen.fillText(metres < 1000 ? `${metres} m` : `${metres / 1000} km`, x + 6, y - 6);
  }
}
