// Processes are started and windows waited for, on machines that do other things too.
jest.setTimeout(30_000);
