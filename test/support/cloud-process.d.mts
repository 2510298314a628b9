import type { CloudFacts } from './cloud.js';

export function startCloud(): Promise<{ facts: CloudFacts; stop: () => Promise<void> }>;
