/** `key: [English, Chinese]` */
export const WIRE = {
};
