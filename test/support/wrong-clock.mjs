// Loaded with --import: the wall clock of the process is wrong by WRONG_CLOCK_MS. The monotonic clock is not touched, as
// on a machine whose date was never set.
const wrongByMs = Number(process.env.WRONG_CLOCK_MS);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + wrongByMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + wrongByMs;
  }
};
