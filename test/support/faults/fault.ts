/** A rule of the product, broken. A test or the model must fail then; otherwise nothing protects the rule. */
export interface Fault {
  /** Says what the product does with the fault, after "a product that". */
  readonly name: string;
  readonly file: string;
  readonly from: string; // is in the file exactly once
  readonly to: string;
  /** The file of the test that catches the fault. Without one the model must catch it. */
  readonly test?: string;
  /** The part of a title that selects the test, in a file that takes long. */
  readonly title?: string;
  /** The first seed whose run of the model catches the fault. Absent: 1. */
  readonly seed?: number;
}
