// Command cards draws the sample identity pictures of docs/samples: cards of
// people who do not exist, in no format that exists, marked as samples.
//
//	go run ./internal/sample/cards [folder]
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"madoguchi/internal/sample"
)

// The size of a card in pixels.
const width, height = 860, 540

var (
	paper = color.RGBA{0xf4, 0xf1, 0xe8, 0xff}
	ink   = color.RGBA{0x20, 0x24, 0x2c, 0xff}
	frame = color.RGBA{0x5a, 0x6b, 0x8c, 0xff}
	grey  = color.RGBA{0xc9, 0xcc, 0xd2, 0xff}
	stamp = color.RGBA{0xc0, 0x28, 0x28, 0xff}
)

// mihon is 見本, "sample", 16 by 16 each: the font we draw with has Latin
// letters only.
var mihon = [2][]string{{
	"................",
	"...##########...",
	"...#........#...",
	"...#........#...",
	"...##########...",
	"...#........#...",
	"...#........#...",
	"...##########...",
	"...#........#...",
	"...#........#...",
	"...##########...",
	".....#...#......",
	".....#...#....#.",
	"....##...#....#.",
	"..##.....######.",
	"................",
}, {
	".......##.......",
	".......##.......",
	".......##.......",
	".##############.",
	".......##.......",
	"......####......",
	".....#.##.#.....",
	"....##.##.##....",
	"...##..##..##...",
	"..##...##...##..",
	".##.########.##.",
	"##.....##.....##",
	".......##.......",
	".......##.......",
	".......##.......",
	"................",
}}

func main() {
	folder := "docs/samples"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := write(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, data := range cards() {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// cards are the pictures by the names of their files: the main person's, and
// one of somebody else for trying what happens then.
func cards() map[string][]byte {
	other, _ := sample.Namesakes()
	return map[string][]byte{
		"residence-card-sample.png":       card(sample.Main()),
		"residence-card-wrong-person.png": card(other),
	}
}

func card(p sample.Person) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	fill(m, m.Bounds(), paper)
	for i := range 6 {
		fill(m, image.Rect(0, i, width, i+1), frame)
		fill(m, image.Rect(0, height-1-i, width, height-i), frame)
		fill(m, image.Rect(i, 0, i+1, height), frame)
		fill(m, image.Rect(width-1-i, 0, width-i, height), frame)
	}
	fill(m, image.Rect(6, 6, width-6, 78), frame)
	text(m, 30, 22, 3, paper, "SAMPLE - NOT A REAL DOCUMENT")
	glyphs(m, width-150, 10, 4, paper)

	y := 96
	for _, line := range [][2]string{{"NAME", p.Latin}, {"DATE OF BIRTH", p.BornOn}, {"REGION", p.Nation}, {"ADDRESS", "1-2-3 KAKU-CHO, MIHON-SHI"}, {"VALID UNTIL", "2099-12-31"}} {
		text(m, 40, y, 2, frame, line[0])
		text(m, 40, y+26, 3, ink, line[1])
		y += 64
	}
	text(m, 40, y, 2, frame, "CARD NUMBER (masked)")
	fill(m, image.Rect(340, y-4, 580, y+30), ink)

	// A head and shoulders that are nobody's.
	photo := image.Rect(620, 110, 820, 360)
	fill(m, photo, grey)
	disc(m, 720, 200, 55, frame)
	disc(m, 720, 350, 85, frame)
	fill(m, image.Rect(620, 360, 820, 440), paper)

	for i := range 3 {
		text(m, 90+i*250, 470, 4, stamp, "SAMPLE")
	}
	glyphs(m, 640, 370, 5, stamp)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // memory does not fail to be written
	}
	return b.Bytes()
}

func fill(m draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func disc(m *image.RGBA, x, y, r int, c color.Color) {
	for dy := -r; dy <= r; dy++ {
		for dx := -r; dx <= r; dx++ {
			if dx*dx+dy*dy <= r*r {
				m.Set(x+dx, y+dy, c)
			}
		}
	}
}

// text draws Latin letters, each pixel of the font as a square of size.
func text(m *image.RGBA, x, y, size int, c color.Color, s string) {
	face := basicfont.Face7x13
	small := image.NewAlpha(image.Rect(0, 0, face.Advance*len(s), face.Height))
	d := font.Drawer{Dst: small, Src: image.Opaque, Face: face, Dot: fixed.P(0, face.Ascent)}
	d.DrawString(s)
	b := small.Bounds()
	big := image.NewAlpha(image.Rect(0, 0, b.Dx()*size, b.Dy()*size))
	xdraw.NearestNeighbor.Scale(big, big.Bounds(), small, b, draw.Src, nil)
	draw.DrawMask(m, big.Bounds().Add(image.Pt(x, y)), image.NewUniform(c), image.Point{}, big, image.Point{}, draw.Over)
}

func glyphs(m *image.RGBA, x, y, size int, c color.Color) {
	for g, rows := range mihon {
		for j, row := range rows {
			for i, bit := range row {
				if bit == '#' {
					at := image.Pt(x+(g*17+i)*size, y+j*size)
					fill(m, image.Rectangle{at, at.Add(image.Pt(size, size))}, c)
				}
			}
		}
	}
}
