/** A description of each schema, in the words of the field. */
export const ABOUT: Readonly<Record<string, string>> = {
  Id: '1–128 bytes of UTF-8, any but control characters.',
  ModSeq:
    'Number of the commit that last changed the element: per box, without gaps between commits, never a time.',
  Instant: 'RFC 3339 in UTC, with up to nine digits of a second.',
  Uri: 'A URI (RFC 3986), as `tel:+15550100` or `sip:a@example.com`.',
  ElementType: 'The five types of elements that are synchronized.',
  Element: 'A live element: its attributes beside `type`, `id` and `modSeq`. At most 64 KB as JSON.',
  Folder: 'A folder of the box.',
  ConversationHistory: 'A CPM conversation history; `id` is the Conversation-ID.',
  SessionHistory: 'A CPM session history; `id` is the Contribution-ID.',
  Message: 'A CPM message. Contents other than its text are named by `payloadParts`, not carried.',
  MessageState:
    'The state of the message of the same `id`, for all devices. A message without one has the empty state.',
  Removal:
    'An element that was deleted, has expired, or left the scope of this device. A container covers its contents, a message its state.',
  Change: 'An element with its latest state, or a removal.',
  FolderName: 'No `/`, no control characters; unique among its siblings, compared and counted after NFC.',
  FolderData: 'Attributes of a folder.',
  FolderPatch: 'JSON merge patch (RFC 7396) of a folder.',
  Participants: 'URIs of the participants.',
  ConversationSeed:
    'The conversation history of a message, created in the folder `default` if it does not exist.',
  ConversationHistoryData: 'Attributes of a conversation history to create.',
  ConversationHistoryPatch:
    'JSON merge patch of a conversation history. `folderId` moves it with all its contents.',
  GroupState: 'The last state of the group of the session.',
  SessionHistoryData: 'Attributes of a session history.',
  SessionHistoryPatch:
    'JSON merge patch of a session history. `groupState` is merged, then checked as a whole.',
  MessageContext: 'The kind of message.',
  PayloadPart: 'A part of the contents that another server keeps.',
  MessageData: 'Attributes of a message.',
  MessagePatch: 'JSON merge patch of a message.',
  Flag: 'A system flag or any keyword (an atom of RFC 9051), `$Forwarded` and `$MDNSent` among them.',
  Disposition: 'A report of a participant about the message.',
  MessageStatePatch:
    'Flags and dispositions to add, flags to remove. The same participant and disposition keeps its first `at`.',
  CreateFolder: 'Creates a folder.',
  ModifyFolder: 'Renames or moves a folder. Built-in folders cannot be modified.',
  DeleteFolder: 'Deletes a folder and its contents. A folder with sub-folders is `forbidden`.',
  CreateConversationHistory: 'Creates a conversation history, also under the id of a deleted one.',
  ModifyConversationHistory: 'Changes or moves a conversation history.',
  DeleteConversationHistory: 'Deletes a conversation history and its contents.',
  CreateSessionHistory: 'Creates a session history.',
  ModifySessionHistory: 'Changes a session history.',
  DeleteSessionHistory: 'Deletes a session history and the messages with its `sessionId`.',
  CreateMessage:
    'Deposits a message, with its flags, and with its conversation history if that does not exist.',
  ModifyMessage: 'Changes a message.',
  DeleteMessage: 'Deletes a message and its state.',
  ModifyMessageState: 'Changes the state of a message.',
  Operation:
    'One of the operations on each type. Any other operation gets the result `invalid`, and the rest is processed.',
  NumberedOperation: 'An operation of a Message Storage Client.',
  PlainOperation: 'An operation of the Participating Function: without `n`, idempotent by id.',
  OperationResult: 'The result of one operation.',
  SyncRequest: 'A synchronization: operations out, changes in.',
  SyncResponse:
    'Members that are empty or false are absent. Only the absence of `hasMore` ends a synchronization.',
  HistoryResponse: 'Messages, newest first, each followed by its state if it has one.',
  DepositRequest: 'Operations of the Participating Function for one user.',
  DepositResponse: 'Operations without a result were not processed and are sent again.',
  DeviceRegistration: 'A device and its preferences.',
  Device: 'A device of the box.',
  ListedDevice: 'A device in a list.',
  DeviceList:
    'The devices of the box. A list of more than some 4 MB comes without `preferences` and `effective`.',
  Limits: 'Bounds that a client can run into.',
  Ticket: 'Lets a device connect once.',
  Preferences: 'The elements that the user wants on one device. An absent member means everything.',
  Effective:
    'The elements that one device keeps: its preferences, limited by the policies. An absent age limit means no limit.',
  Policy: 'The limits that the service provider sets for a box or a device. An absent member sets no limit.',
  Box: 'The contents of a box in numbers, and the progress of its devices.',
  Counts: 'Live elements by type. Contents of a deleted container count until the server has purged them.',
  DeviceStanding: 'The progress of a device of the box.',
  PendingRequest:
    'A synchronization request that was not sent yet: it is due at a time, or decided on when the device connects.',
  WatchedDevice: 'A device as the service provider sees it.',
  WatchedDeviceList:
    'The devices of a box as the service provider sees them. A list of more than some 4 MB comes without `preferences` and `effective`.',
  PolicyAssignment: 'The policy of a box or of one device.',
  SyncFrame: 'A synchronization over the socket; the connection knows device and instance.',
  PingFrame: 'Keeps the connection open.',
  SyncRequestFrame: 'The synchronization request: time to synchronize. It carries no data.',
  SyncResponseFrame: 'The answer to `sync`, of at most 120 KB, else with `hasMore`.',
  PongFrame: 'The answer to `ping`.',
  ErrorFrame: 'The answer to a request that failed. The connection stays open.',
  Fault: 'One fault of a body.',
  Problem: 'RFC 9457.',
  GatewayAnswer: 'An answer of API Gateway itself, before any function.',
};

/** Members with the same meaning in every schema. */
const EVERYWHERE: Readonly<Record<string, string>> = {
  ifModSeq: '`conflict` if this is not the `modSeq` of the element before the request.',
  n: 'Number of the operation: 1, 2, 3… per device instance, without gaps.',
  contentType: 'MIME type.',
  conversationId: 'Conversation-ID.',
  inReplyToContributionId: 'Contribution-ID that this one answers.',
  excludeConversations:
    'Conversation histories that are not kept on this device; with `folders`, at most 200 ids together.',
  folders: '`*`, or the folders whose conversation histories are kept. Folder elements are all in scope.',
  instanceId:
    "Minted with the client's local database: a new one restarts `n` at 1 and voids earlier tokens.",
  maxTextBytes: 'A longer `textContent` is cut at a character. Unit: bytes of UTF-8.',
  parentFolderId: 'null: at the top.',
  pushWindowMs: 'A device gets at most one synchronization request in this time.',
  scopeVersion: 'Counts the changes of the effective scope.',
  serverInitiated: 'Whether the device is sent synchronization requests.',
  syncToken: 'Opaque: the position of the device.',
};

/** Members of a device and of its longer form. */
const STANDING = {
  name: 'For people.',
  policyId: 'That the device was assigned, beside that of its box.',
  syncedModSeq: 'Position after its last response, 0 before the first.',
  syncedAt: 'Time of that response.',
  lag: 'Commits that the box has had since.',
  connection: 'Absent: not connected.',
};

/** Descriptions of members that name and type do not explain. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ConversationHistory: {
    createdModSeq:
      'Commit that created it. A client that receives a higher one drops contents with a lower `modSeq`.',
  },
  Message: {
    textTruncated: 'Cut at `maxTextBytes` of the scope; history on demand gives all of it.',
    inReplyToMessageId: 'Sets `\\Answered` on that message.',
  },
  MessageData: { inReplyToMessageId: 'Sets `\\Answered` on that message.' },
  MessageState: { flags: 'A sorted set.' },
  CreateMessage: { flags: 'At most 64 different ones.' },
  MessageStatePatch: { addFlags: 'Of them, at most 64 different ones may stay.' },
  PayloadPart: { size: 'Unit: bytes.' },
  Removal: {
    removed: '`expired`: retention. `outOfScope`: it lives on, but no longer for this device.',
  },
  GroupState: { lastFocusSessionId: 'Session-ID of the last focus.' },
  OperationResult: {
    modSeq: 'The commit (`applied`).',
    current:
      'The element as it is (`exists`, `conflict`). Above 2 KB it is absent, and `changes` has the element.',
    problem: 'The reason (`invalid` and other refusals).',
  },
  SyncRequest: {
    syncToken: 'As the last response had it. Absent: initial synchronization.',
    operations: '`n` ascends by one. Send the same request again when no answer came: it takes effect once.',
    limit: 'Elements a response, a message and its state counted as one; the server may send fewer.',
  },
  SyncFrame: {
    id: 'Chosen by the client, given back with the answer.',
    syncToken: 'As the last response had it. Absent: initial synchronization.',
    operations: '`n` ascends by one. Send the same request again when no answer came: it takes effect once.',
    limit: 'Elements a response, a message and its state counted as one; the server may send fewer.',
  },
  SyncResponse: {
    results: 'One for each operation that was processed; those without one are sent again.',
    changes: 'Applied in order: all elements before all removals.',
    hasMore: 'There is more: synchronize again with the new token.',
    reset: 'The token could not be continued: what follows replaces what is held.',
    backfill:
      'How far the initial synchronization has got, in elements counted as `limit` does; `total` is an estimate.',
    nextSyncAfterSeconds: 'SyncTimer for the periodic synchronization.',
    effective: 'The scope, when it has changed.',
  },
  SyncResponseFrame: { id: 'Of the frame that is answered.' },
  ErrorFrame: { id: 'Of the frame that is answered, if it had one.' },
  SyncRequestFrame: {
    modSeq: 'Highest commit that is announced.',
    changes: 'Changes since the device last synchronized, by type.',
    conversations: 'Conversation histories that they are in, the first ten.',
  },
  HistoryQuery: {
    deviceId: 'The device that asks.',
    before: '`next` of the response before.',
    limit: 'Messages a response.',
  },
  HistoryResponse: { next: '`before` of the next request, while there are more.' },
  DepositResponse: { modSeq: 'Of the box, 0 before its first commit.' },
  DeviceRegistration: { name: 'For people.' },
  Device: { lastN: 'Highest operation processed of this instance.', name: 'For people.' },
  ListedDevice: { lastN: 'Highest operation processed of this instance.', name: 'For people.' },
  Box: {
    policyId: 'That the box was assigned.',
    policy: 'As it holds now.',
    modSeq: 'Of the last commit.',
    changedAt: 'Time of the last commit.',
    bytes: 'Of the JSON of all that is counted.',
  },
  DeviceStanding: STANDING,
  WatchedDevice: { ...STANDING, lastN: 'Highest operation processed of this instance.' },
  Ticket: { url: 'Where to connect, with the ticket.', expiresInSeconds: 'From now. A ticket works once.' },
  Preferences: { maxMessageAgeDays: 'Older messages and their states are not kept.' },
  Effective: { maxMessageAgeDays: 'Older messages and their states are not kept; by message context.' },
  Policy: {
    maxMessageAgeDays: 'By message context.',
    retentionDays:
      'Session histories and messages expire so long after the commit that created them; a new value holds for later ones. Of the policy of a box.',
    maxDevices: 'Devices a box.',
    maxMessages: 'Messages a box.',
    syncTimerSeconds: 'Clients get it as `nextSyncAfterSeconds`.',
  },
  Fault: { pointer: 'RFC 6901, empty for the whole body.' },
  Problem: {
    type: '`/problems/<kind>`.',
    requestId: 'As in `X-Request-Id`.',
    errors: 'Every fault of the body.',
    expectedN: 'First number that is missing (`operation-gap`).',
  },
};

export const aboutMember = (component: string, member: string): string | undefined =>
  MEMBERS[component]?.[member] ?? EVERYWHERE[member];

/** Every `component.member` that is described by name. */
export const describedMembers = (): [component: string, member: string][] =>
  Object.entries(MEMBERS).flatMap(([component, members]) =>
    Object.keys(members).map((member): [string, string] => [component, member]),
  );
