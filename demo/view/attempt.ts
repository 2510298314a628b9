/** Runs an action of the operator; a failure is shown in the panel. */
export type Attempt = (work: () => Promise<unknown>) => Promise<void>;
