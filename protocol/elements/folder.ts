import * as z from 'zod/mini';
import { folderIdSchema } from '../ids.js';
import { FOLDER_NAME_MAX } from '../limits.js';
import { nameSchema, tooMany } from '../text.js';

/** Unit: characters after NFC, which the server stores. */
const lengthOf = (name: string): number => [...name.normalize('NFC')].length;

/** A name in any form of Unicode. The server stores and compares names in NFC, case-sensitively. */
export const folderNameSchema = nameSchema.check(
  z.refine((name) => lengthOf(name) <= FOLDER_NAME_MAX, tooMany(FOLDER_NAME_MAX, 'characters')),
  z.refine((name) => !name.includes('/'), 'must not contain a /'),
);

/** A folder of the box. `parentFolderId` is null at the top. */
export const folderDataSchema = z.strictObject({
  name: folderNameSchema,
  parentFolderId: z.nullable(folderIdSchema),
});
export type FolderData = z.infer<typeof folderDataSchema>;
