/** Loaded into a server before its own code: SIGUSR2 sets its clock back an hour. */
const real = Date.now;
let offset = 0;
class ShiftedDate extends Date {
  constructor(...args) {
    if (args.length === 0) super(real() + offset);
    else super(...args);
  }
}
ShiftedDate.now = () => real() + offset;
globalThis.Date = ShiftedDate;
process.on('SIGUSR2', () => {
  offset -= 3_600_000;
});
