// Browsers start no Worker from file://, and search runs in one. There a hidden frame takes its place: the same script, in
// a window of its own, whose messages come and go as events.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.appendChild(frame)
      this.window = frame.contentWindow
      this.window.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      const script = this.window.document.createElement("script")
      script.src = new URL(url, location)
      this.ready = new Promise(resolve => (script.onload = resolve))
      this.window.document.body.appendChild(script)
    }
    postMessage(data) {
      this.ready.then(() => this.window.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() {
      this.window.frameElement.remove()
    }
  }
