/** `key: [English, Chinese]` */
export const DRIVE = {
};
