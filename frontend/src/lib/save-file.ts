/** Gives a file to the browser's downloads. */
export function saveFile(file: Blob, name: string) {
  const url = URL.createObjectURL(file)
  follow(url, name)
  URL.revokeObjectURL(url)
}

/** Has the browser fetch a file by itself, whatever its size; what it is called is in the answer. */
export function saveFrom(path: string) {
  follow(path, '')
}

function follow(url: string, name: string) {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}
