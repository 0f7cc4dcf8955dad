from django.urls import path

from apps.accounts.api import views

urlpatterns = [
    path("auth/signup", views.SignupView.as_view(), name="auth-signup"),
    path("auth/token", views.TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh", views.TokenRefreshView.as_view(), name="auth-token-refresh"),
    path("auth/token/verify", views.TokenVerifyView.as_view(), name="auth-token-verify"),
    path("auth/logout", views.LogoutView.as_view(), name="auth-logout"),
    path("auth/switch", views.SwitchView.as_view(), name="auth-switch"),
    path("auth/me", views.MeView.as_view(), name="auth-me"),
    path("auth/password/reset", views.PasswordResetView.as_view(), name="auth-password-reset"),
    path("auth/password/reset/confirm", views.PasswordResetConfirmView.as_view(), name="auth-password-reset-confirm"),
    path("auth/email/verify", views.EmailVerifyView.as_view(), name="auth-email-verify"),
    path("orgs", views.OrganizationsView.as_view(), name="orgs"),
    path("orgs/current", views.CurrentOrganizationView.as_view(), name="orgs-current"),
]
