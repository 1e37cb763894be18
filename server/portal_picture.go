package server

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	"github.com/gabriel-vasile/mimetype"
)

// maxPixels bounds a picture before it is decoded: a small file can claim to
// be a huge picture. Telephones make 12 to 50 million.
const maxPixels = 50_000_000

// decoding lets few pictures be in memory at once.
var decoding = make(chan struct{}, 2)

// cleanUpload looks at what a file is, not at what it is called, and takes
// everything out of a picture but the picture: the place where it was made,
// the device, the preview of an uncropped one. problem is the end of a key
// below portal.wrong, "" when all is well.
func cleanUpload(data []byte) (mediaType string, clean []byte, problem string) {
	// By content: the name and the type that a browser sends are what somebody says.
	kind := mimetype.Detect(data)
	switch {
	case kind.Is("application/pdf"):
		return "application/pdf", data, ""
	case kind.Is("image/jpeg"), kind.Is("image/png"):
	default:
		return "", nil, "file-type"
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || (format != "jpeg" && format != "png") {
		return "", nil, "file-broken"
	}
	// Compared by division, because the product of two large numbers can come out small.
	if size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return "", nil, "file-pixels"
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return "", nil, "file-broken"
	}
	var out bytes.Buffer
	if format == "png" {
		err = png.Encode(&out, picture)
		if err == nil && out.Len() <= MaxUpload {
			return "image/png", out.Bytes(), ""
		}
		out.Reset() // a photograph saved as PNG can grow: JPEG then
	} else {
		picture = upright(picture, orientation(data))
	}
	// Encoding anew can make a file larger than it was.
	for _, quality := range []int{88, 75, 60} {
		out.Reset()
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: quality})
		if err != nil {
			return "", nil, "file-broken"
		}
		if out.Len() <= MaxUpload {
			return "image/jpeg", out.Bytes(), ""
		}
	}
	return "", nil, "file-large"
}

// orientation reads how a telephone was held (EXIF tag 0x0112) from a JPEG: 1
// to 8, 1 when it does not say. Taking the EXIF out without turning the
// picture would leave most photographs lying on their side.
func orientation(data []byte) int {
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		marker, n := data[i+1], int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == 0xda || n < 2 || i+2+n > len(data) {
			break
		}
		if body := data[i+4 : i+2+n]; marker == 0xe1 && len(body) > 14 && string(body[:6]) == "Exif\x00\x00" {
			return tiffOrientation(body[6:])
		}
		i += 2 + n
	}
	return 1
}

func tiffOrientation(b []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if string(b[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at+2 > len(b) {
		return 1
	}
	count := int(order.Uint16(b[at:]))
	for i := range count {
		e := at + 2 + 12*i
		if e+12 > len(b) {
			break
		}
		// An entry is tag, type, count and value; this one is a short, so the value is here.
		if order.Uint16(b[e:]) == 0x0112 {
			if o := int(order.Uint16(b[e+8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 1
}

// turned is how a picture was meant to be seen.
type turned struct {
	way  int
	w, h int // of the upright picture
}

// upright turns a picture by its orientation.
func upright(m image.Image, way int) image.Image {
	if way <= 1 {
		return m
	}
	b := m.Bounds()
	stored := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(stored, stored.Bounds(), m, b.Min, draw.Src)
	t := turned{way: way, w: b.Dx(), h: b.Dy()}
	if way >= 5 {
		t.w, t.h = t.h, t.w
	}
	out := image.NewRGBA(image.Rect(0, 0, t.w, t.h))
	for y := range t.h {
		for x := range t.w {
			sx, sy := t.source(x, y)
			copy(out.Pix[out.PixOffset(x, y):][:4], stored.Pix[stored.PixOffset(sx, sy):])
		}
	}
	return out
}

// source is where a pixel of the upright picture lies in the stored one.
func (t turned) source(x, y int) (int, int) {
	switch t.way {
	case 2:
		return t.w - 1 - x, y
	case 3:
		return t.w - 1 - x, t.h - 1 - y
	case 4:
		return x, t.h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, t.w - 1 - x
	case 7:
		return t.h - 1 - y, t.w - 1 - x
	case 8:
		return t.h - 1 - y, x
	}
	return x, y
}
