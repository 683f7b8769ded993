export interface Disk {
  folder: string;
  /** Makes it read-only; fails while a file is open to be written. */
  freeze(): void;
  unmount(): void;
}
/** In memory, of a size as mount takes it (`6m`); or `skip`, why there is none. */
export function smallDisk(size: string): Disk | { skip: string };
