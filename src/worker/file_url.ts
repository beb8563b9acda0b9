/** Paths as file URLs and back. Not `node:url`: that loads for 10 ms, and every slot would wait for it. */

/** An absolute path as the URL that `import()` takes. */
export function fileUrl(path: string): string {
  return new URL(`file://${path.replace(/[%\\?#\n\r\t]/g, encodeURIComponent)}`).href;
}

export function filePath(url: string): string {
  return decodeURIComponent(new URL(url).pathname);
}
