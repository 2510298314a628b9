/** Runs an action. The panel shows its failure. */
export type Attempt = (work: () => Promise<unknown>) => Promise<void>;
