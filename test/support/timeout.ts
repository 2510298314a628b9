// Tests start processes and wait for windows, on machines that do other work too: only a test that hangs runs into this.
jest.setTimeout(30_000);

// A test that asserts nothing cannot fail.
beforeEach(() => expect.hasAssertions());
