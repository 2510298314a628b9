// Tests start processes and wait for windows, also on busy machines. So the time-out is only for a test that
// hangs.
jest.setTimeout(30_000);
