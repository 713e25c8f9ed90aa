/** `key: [English, Chinese]` */
export const CONTROL = {
};
