// Command screenshots starts the program with its sample cases, signs in as
// everybody, walks to every page and keeps a picture of it in two widths, with
// an index. `make screenshots` runs it.
//
// It finds its way by the links and forms of the pages; which page a picture
// shows is told by server/testdata/routes.yaml.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"madoguchi/e2e/driver"
)

// widths are those of a small telephone and of a desk, in CSS pixels.
var widths = []int64{360, 1280}

// longest is where a long page is cut, in CSS pixels, by its width.
var longest = map[int64]float64{360: 1800, 1280: 1250}

// quality is WebP's: letters can be read and the folder stays small.
const quality = 8

func main() {
	log.SetFlags(0)
	out := flag.String("out", "docs/screenshots", "folder of the pictures and their index")
	flag.Parse()
	t := &stage{began: time.Now()}
	code := t.run(func() {
		w := newWalk(t, *out)
		w.everything()
		w.index()
	})
	os.Exit(code)
}

// stage lets the driver, which is made for tests, report to a command.
type stage struct {
	testing.TB
	began  time.Time
	after  []func()
	failed bool
}

// run does it, then what was to be cleaned up, and gives the exit code.
func (s *stage) run(do func()) int {
	done := make(chan struct{})
	go func() { // Fatal ends this goroutine only
		defer close(done)
		do()
	}()
	<-done
	for i := len(s.after) - 1; i >= 0; i-- {
		s.after[i]()
	}
	if s.failed {
		return 1
	}
	return 0
}

// Helper, and what follows, implement testing.TB.
func (s *stage) Helper() {}

// Name implements testing.TB.
func (s *stage) Name() string { return "screenshots" }

// Failed implements testing.TB.
func (s *stage) Failed() bool { return s.failed }

// Cleanup implements testing.TB.
func (s *stage) Cleanup(f func()) { s.after = append(s.after, f) }

// Log implements testing.TB.
func (s *stage) Log(args ...any) { log.Print(args...) }

// Logf implements testing.TB.
func (s *stage) Logf(format string, args ...any) { log.Printf(format, args...) }

// Error implements testing.TB.
func (s *stage) Error(args ...any) { s.failed = true; log.Print(args...) }

// Errorf implements testing.TB.
func (s *stage) Errorf(format string, args ...any) { s.failed = true; log.Printf(format, args...) }

// Fatal implements testing.TB.
func (s *stage) Fatal(args ...any) { s.Error(args...); runtime.Goexit() }

// Fatalf implements testing.TB.
func (s *stage) Fatalf(format string, args ...any) { s.Errorf(format, args...); runtime.Goexit() }

// TempDir implements testing.TB.
func (s *stage) TempDir() string {
	dir, err := os.MkdirTemp("", "madoguchi-screenshots-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// camera is a Chromium without a window.
type camera struct {
	t   testing.TB
	ctx context.Context
}

// newCamera opens it with an empty profile. It runs as any user, root too.
func newCamera(t testing.TB) *camera {
	program := os.Getenv("CHROMIUM")
	if program == "" {
		found, err := exec.LookPath("chromium")
		if err != nil {
			t.Fatal("chromium is not installed; set CHROMIUM to its path")
		}
		program = found
	}
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir())}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Minute)
	ctx, end := chromedp.NewExecAllocator(ctx, opts...)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(func() { leave(); end(); stop() })
	return &camera{t, ctx}
}

// take keeps the page that a visitor is on, once for each width, and gives the
// names of the files.
func (c *camera) take(b *driver.Browser, dir, name string) (files []string) {
	base := b.Address()
	cookies := network.SetCookiesParams{}
	for k, v := range b.Cookies() {
		cookies.Cookies = append(cookies.Cookies, &network.CookieParam{Name: k, Value: v, URL: base, Path: "/", Secure: true, HTTPOnly: true})
	}
	if err := chromedp.Do(c.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.SetCookies, cookies)
		return err
	})); err != nil {
		c.t.Fatalf("%s: cookies: %v", name, err)
	}
	for _, width := range widths {
		height := int64(800)
		if err := chromedp.Do(c.ctx, chromedp.EmulateViewport(width, height)); err != nil {
			c.t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(c.ctx, 40*time.Second)
		_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Navigate(base)))
		stop()
		if err != nil {
			c.t.Fatalf("%s: %v", name, err)
		}
		size, err := chromedp.Run(c.ctx, chromedp.Evaluate[[]float64](`[document.documentElement.scrollWidth, document.documentElement.scrollHeight]`))
		if err != nil {
			c.t.Fatal(err)
		}
		if int64(size[0]) > width {
			c.t.Errorf("%s is %.0f wide in a window of %d", name, size[0], width)
		}
		beyond, q := true, int64(quality)
		shot := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &q, CaptureBeyondViewport: &beyond,
			Clip: &page.Viewport{Width: float64(width), Height: min(max(size[1], 400), longest[width]), Scale: 1}}
		picture, err := chromedp.Run(c.ctx, chromedp.Action[[]byte](func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
			got, err := cdp.Call(ctx, t, page.CaptureScreenshot, shot)
			return got.Data, err
		}))
		if err != nil {
			c.t.Fatalf("%s: %v", name, err)
		}
		file := fmt.Sprintf("%s-%d.webp", name, width)
		if err := os.WriteFile(filepath.Join(dir, file), picture, 0o644); err != nil {
			c.t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
