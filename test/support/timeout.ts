// Processes are started and windows waited for, on machines that do other things too: a time-out is for what hangs.
jest.setTimeout(30_000);
