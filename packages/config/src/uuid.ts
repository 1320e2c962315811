const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Returns whether the text is a UUID in its usual form, in lower or upper case. */
export const isUuid = (text: string): boolean => uuid.test(text)
