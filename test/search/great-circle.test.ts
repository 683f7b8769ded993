/** Distances on the globe, and boxes that leave nothing near outside. */
import t from 'tap';
import { boundingBox, distance, EARTH_RADIUS, type Point } from '../../src/search/great-circle.js';

const at = (latitude: number, longitude: number): Point => ({ latitude, longitude });

t.test('known distances', async (t) => {
  const close = (a: Point, b: Point, km: number) =>
    t.ok(Math.abs(distance(a, b) / 1000 - km) < km * 0.005, `${distance(a, b) / 1000} of ${km} km`);
  close(at(48.8566, 2.3522), at(43.2965, 5.3698), 661);
  close(at(47.218, -1.554), at(48.8566, 2.3522), 343);
  close(at(0, 0), at(0, 90), (EARTH_RADIUS * Math.PI) / 2000);
  close(at(10, 179.5), at(10, -179.5), 109.5);
  t.equal(distance(at(47, 2), at(47, 2)), 0);
  t.ok(distance(at(90, 0), at(90, 120)) < 1e-6, 'a pole is one point');
});

t.test('what is near enough is in a box', async (t) => {
  const outside: string[] = [];
  for (const latitude of [-89.9, -60, 0, 47.2, 89.5]) {
    for (const longitude of [-180, -179.99, -1.5, 179.99]) {
      for (const metres of [10, 5_000, 800_000, 9_000_000]) {
        const boxes = boundingBox({ latitude, longitude, metres });
        t.ok(boxes.every(({ west, east }) => west <= east));
        for (let i = 0; i < 360; i += 7) {
          // A point on the circle, by bearing.
          const [angle, bearing, phi] = [
            (metres * 0.999999) / EARTH_RADIUS,
            (i * Math.PI) / 180,
            (latitude * Math.PI) / 180,
          ];
          const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(bearing);
          const east = Math.atan2(
            Math.sin(bearing) * Math.sin(angle) * Math.cos(phi),
            Math.cos(angle) - Math.sin(phi) * sine,
          );
          const point = at((Math.asin(sine) * 180) / Math.PI, ((longitude + (east * 180) / Math.PI + 540) % 360) - 180);
          const isIn = boxes.some(
            (box) =>
              point.latitude >= box.south &&
              point.latitude <= box.north &&
              point.longitude >= box.west &&
              point.longitude <= box.east,
          );
          if (!isIn) outside.push(JSON.stringify({ latitude, longitude, metres, i }));
        }
      }
    }
  }
  t.same(outside, []);
});
