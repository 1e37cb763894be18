package server

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"madoguchi/dsr"
)

// contentPolicy lets a page load our stylesheet and our pictures, send forms
// to us, and nothing else: no script of anybody's.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// permissionsPolicy turns off what no page of ours uses.
const permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=(), xr-spatial-tracking=()"

// secureHeaders go on every answer, whatever it is.
func (s *Server) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Never no-referrer: browsers without Sec-Fetch-Site would then send
		// "Origin: null", and their forms would be refused.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissionsPolicy)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("Cache-Control", "no-store")
		if s.base.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		return next(c)
	}
}

// knownHost refuses in production what was sent to another name than ours. No
// link is ever made from the Host header; this stops what lies behind us from
// making one. Probes come by address.
func (s *Server) knownHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		p := c.Request().URL.Path
		if s.Production && c.Request().Host != s.base.Host && p != "/healthz" && p != "/readyz" {
			return echo.NewHTTPError(http.StatusMisdirectedRequest)
		}
		return next(c)
	}
}

// sameOrigin refuses what another site makes a browser send (CSRF).
func sameOrigin(p *http.CrossOriginProtection) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := p.Check(c.Request())
			if err != nil {
				return dsr.Errorf(dsr.Forbidden, "error.cross-site", "%w", err)
			}
			return next(c)
		}
	}
}
