import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Lets a construct, and what is in it, differ from rules of cdk-nag. Shape of `reasons`: why it has to be so, by the id
 * of the rule and of the finding in brackets.
 */
export function suppressNag(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}
