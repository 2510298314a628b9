/** All limits of the protocol. The response to a registration contains some of them as `limits`. */
export const ID_MAX_BYTES = 128;
export const ELEMENT_MAX_BYTES = 64 * 1024; // bytes of its JSON
export const FLAGS_MAX = 64;
export const FLAGS_LISTED_MAX = 2048; // an operation can list a flag repeatedly, and remove flags that are absent
export const DISPOSITIONS_MAX = 1000;
export const PARTICIPANTS_MAX = 500;
export const PAYLOAD_PARTS_MAX = 2048; // more do not fit into an element
export const FOLDER_NAME_MAX = 255; // characters
export const USER_FOLDERS_MAX = 500;
export const FOLDER_DEPTH_MAX = 16;

export const OPERATIONS_MAX = 50; // per request
export const REQUEST_MAX_BYTES = 1024 * 1024;
export const CURRENT_MAX_BYTES = 2 * 1024; // the result of an operation omits a larger `current`

export const PAGE_DEFAULT = 200; // elements per response
export const PAGE_MAX = 1000;
export const SYNC_TOKEN_MAX = 600; // characters
export const COMMITS_BEHIND_MAX = 2000; // a token further behind at the start of a synchronization is reset

export const SCOPE_IDS_MAX = 200; // ids in `folders` and `excludeConversations` together
export const PUSH_WINDOW_MAX_MS = 900_000;

/** Maximum number of reported faults of a body, so that the response fits into the limit of Lambda. */
export const FAULTS_TOLD_MAX = 1000;

export const TICKET_SECONDS = 60;
export const FRAME_MAX_BYTES = 128 * 1024; // the gateway closes the connection for a larger frame
export const SYNC_RESPONSE_FRAME_MAX_BYTES = 120 * 1024;
export const SYNC_REQUEST_CONVERSATIONS_MAX = 10;

/** Built-in folders: they exist in every box and cannot be renamed, moved or deleted. */
export const DEFAULT_FOLDER = 'default'; // conversation histories that the network records
export const USER_ROOT_FOLDER = 'RCSMessageStore'; // folders that the user creates

/** Maximum of `maxDevices` in a policy. Each commit reads all devices of its box. */
export const DEVICES_MAX = 1000;
