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
    'An element that is no longer there, or no longer for this device. That of a container covers what it holds; of a message, its state.',
  Change: 'An element with its latest state, or a removal.',
  FolderName: 'No `/`, no control characters; unique among its siblings, compared and counted after NFC.',
  FolderData: 'Attributes of a folder.',
  FolderPatch: 'JSON merge patch (RFC 7396) of a folder.',
  Participants: 'URIs of the participants.',
  ConversationSeed:
    'The conversation history of a message, created in the folder `default` if there is none yet.',
  ConversationHistoryData: 'Attributes of a conversation history to create.',
  ConversationHistoryPatch:
    'JSON merge patch of a conversation history. `folderId` moves it as a whole, with what it holds.',
  GroupState: 'The group of the session, as it last was.',
  SessionHistoryData: 'Attributes of a session history.',
  SessionHistoryPatch:
    'JSON merge patch of a session history. `groupState` is merged, then checked as a whole.',
  MessageContext: 'What kind of message it is.',
  PayloadPart: 'A part of the contents that is kept elsewhere.',
  MessageData: 'Attributes of a message.',
  MessagePatch: 'JSON merge patch of a message.',
  Flag: 'A system flag or any keyword (an atom of RFC 9051), `$Forwarded` and `$MDNSent` among them.',
  Disposition: 'What a participant reported of the message.',
  MessageStatePatch:
    'Flags and dispositions to add, flags to remove. The same participant and disposition keeps its first `at`.',
  CreateFolder: 'Creates a folder.',
  ModifyFolder: 'Renames or moves a folder. Built-in folders cannot be modified.',
  DeleteFolder: 'Deletes a folder and what it holds. One with sub-folders is `forbidden`.',
  CreateConversationHistory: 'Creates a conversation history, also anew under the id of a deleted one.',
  ModifyConversationHistory: 'Changes or moves a conversation history.',
  DeleteConversationHistory: 'Deletes a conversation history and what it holds.',
  CreateSessionHistory: 'Creates a session history.',
  ModifySessionHistory: 'Changes a session history.',
  DeleteSessionHistory: 'Deletes a session history and the messages with its `sessionId`.',
  CreateMessage: 'Deposits a message, with its flags and its conversation history where there is none yet.',
  ModifyMessage: 'Changes a message.',
  DeleteMessage: 'Deletes a message and its state.',
  ModifyMessageState: 'Changes the state of a message.',
  Operation:
    'One of what can be done to each type. An operation that is none of these gets the result `invalid` and holds no other back.',
  NumberedOperation: 'An operation of a Message Storage Client.',
  PlainOperation: 'An operation of the Participating Function: without `n`, idempotent by id.',
  OperationResult: 'What became of one operation.',
  SyncRequest: 'A synchronization: operations out, changes in.',
  SyncResponse:
    'Members that are empty or false are absent. Only the absence of `hasMore` ends a synchronization.',
  HistoryResponse: 'Messages, newest first, each followed by its state if it has one.',
  DepositRequest: 'Operations of the Participating Function for one user.',
  DepositResponse: 'Operations without a result were not processed and are sent again.',
  DeviceRegistration: 'A device and what the user wants kept on it.',
  Device: 'A device of the box.',
  ListedDevice: 'A device in a list.',
  DeviceList:
    'The devices of the box. A list of more than some 4 MB comes without `preferences` and `effective`.',
  Limits: 'Bounds that a client can run into.',
  Ticket: 'Lets a device connect once.',
  Preferences: 'What the user wants kept on one device. What is left out means everything.',
  Effective:
    'Preferences ∧ policies: what is kept synchronized with one device. An age limit that is absent is none.',
  Policy: 'What the service provider allows a box or a device; what is left out is not limited.',
  Box: 'What there is in a box, and where its devices stand.',
  Counts: 'Live elements by type. What a deleted container held counts until the server has cleared it away.',
  DeviceStanding: 'Where a device of the box stands.',
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
  ErrorFrame: 'The answer to what cannot be done. The connection stays open.',
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
  syncToken: 'Opaque: where the device stands.',
};

/** Members of a device and of its longer form. */
const STANDING = {
  name: 'For people.',
  policyId: 'That the device was assigned, beside that of its box.',
  syncedModSeq: 'Where its last response led, 0 before the first.',
  syncedAt: 'When it got there.',
  lag: 'Commits that the box has had since.',
  connection: 'Absent: not connected.',
};

/** Descriptions of members that name and type do not explain. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ConversationHistory: {
    createdModSeq:
      'Commit that created it; whoever receives a higher one drops contents with a lower `modSeq`.',
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
      'The element as it is (`exists`, `conflict`). Over 2 KB it is left out, and stands in `changes` instead.',
    problem: 'What is wrong (`invalid` and other refusals).',
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
    syncTimerSeconds: 'Told to clients as `nextSyncAfterSeconds`.',
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
