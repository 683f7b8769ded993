/** Distances on the globe, and the boxes that hold what is near. https://hl7.org/fhir/R4/location.html#positional-searching */
import type { NearMatch } from './query.js';

/** Degrees, WGS84. */
export interface Point {
  latitude: number;
  longitude: number;
}
/** Degrees; west is never east of east. */
export interface Box {
  south: number;
  north: number;
  west: number;
  east: number;
}

/** The earth's mean radius in metres: a sphere is off by half a percent at most. */
export const EARTH_RADIUS = 6_371_008.8;
const DEGREE = Math.PI / 180;
/** A tenth of a millimetre, in degrees: boxes are so much larger, as their ends are rounded. */
const MARGIN = 1e-9;

/** Metres between two points along a great circle. */
export function distance(a: Point, b: Point): number {
  const north = Math.sin(((b.latitude - a.latitude) * DEGREE) / 2) ** 2;
  const east = Math.sin(((b.longitude - a.longitude) * DEGREE) / 2) ** 2;
  const chord = north + Math.cos(a.latitude * DEGREE) * Math.cos(b.latitude * DEGREE) * east;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** One box around all that is near enough, or two where the date line (180 degrees) cuts it. Corners are too far. */
export function boundingBox({ latitude, longitude, metres }: NearMatch): Box[] {
  const angle = metres / EARTH_RADIUS;
  const reach = angle / DEGREE + MARGIN;
  const south = Math.max(-90, latitude - reach);
  const north = Math.min(90, latitude + reach);
  // Around a pole all longitudes are near.
  if (south === -90 || north === 90) return [{ south, north, west: -180, east: 180 }];
  // Meridians touch the circle further from the equator than its centre, so that it is wider than at its centre.
  const width = Math.asin(Math.min(1, Math.sin(angle) / Math.cos(latitude * DEGREE))) / DEGREE + MARGIN;
  const west = longitude - width;
  const east = longitude + width;
  if (west < -180) {
    return [
      { south, north, west: west + 360, east: 180 },
      { south, north, west: -180, east },
    ];
  }
  if (east > 180) {
    return [
      { south, north, west, east: 180 },
      { south, north, west: -180, east: east - 360 },
    ];
  }
  return [{ south, north, west, east }];
}
