import type { LocalCloud } from '@cpm-sync/local-cloud';
import type { Sample } from './make-sample.js';

/** Everything that the terminal shows of a started service. */
export interface ReadyFacts {
  readonly cloud: Pick<LocalCloud, 'url' | 'socketUrl'>;
  /** Of the sample user, with the scope cpm/sync. */
  readonly token: string;
  /** Undefined with `--no-sample`. */
  readonly sample: Sample | undefined;
  /** Undefined: in memory. */
  readonly dataDir: string | undefined;
  readonly logFile: string;
  readonly tookMs: number;
}

/** The text that people see when the service is ready. */
export function readyText({ cloud, token, sample, dataDir, logFile, tookMs }: ReadyFacts): string {
  const lines = [
    `Ready after ${(tookMs / 1000).toFixed(1)} s.`,
    '',
    `Demo page      ${cloud.url}/`,
    `HTTP API       ${cloud.url}`,
    `WebSocket API  ${cloud.socketUrl}`,
    `Data           ${dataDir ?? 'in memory (--data DIR keeps it)'}`,
    `Function logs  ${logFile}`,
  ];
  if (sample) {
    const devices = Object.keys(sample.instanceIds).join(' and ');
    const contents = `${sample.conversations} conversations, ${sample.messages} messages`;
    lines.push(
      `Sample         user ${sample.user}, devices ${devices}, ${contents}`,
      '',
      'A token for the sample user (cpm/sync, for an hour; POST /dev/token gives others):',
      token,
      '',
      'Try the initial synchronization of the phone:',
      curlLine(cloud.url, token, sample),
    );
  }
  lines.push('', 'Ctrl-C stops it.');
  return lines.join('\n');
}

function curlLine(url: string, token: string, { instanceIds }: Sample): string {
  const body = JSON.stringify({ deviceId: 'phone', instanceId: instanceIds.phone });
  return `curl -s ${url}/v1/sync -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'`;
}
